// emit_client.cpp - the client's function of a method.
#include "emit.h"

namespace idl
{

bool is_plain(const Method &method)
{
    if (method.is_once) return false;
    for (const StructType *type : {&method.in, &method.out}) {
        if (type->varies() || !type->caps.empty()) return false;
    }
    return true;
}

std::string signature_call(const Method &method)
{
    std::string out = "int " + method.function + "(cap_t cap";
    if (!method.in.empty()) out += ", const struct " + method.in.tag + " *in";
    if (!method.out.empty()) out += ", struct " + method.out.tag + " *out";
    return out + ")";
}

namespace
{

bool uses_buffer(const StructType &type)
{
    return type.varies() || !type.caps.empty() || type.fixed_words > registers;
}

void emit_send(Writer &w, const Method &method)
{
    const StructType &in = method.in;
    for (const auto &cap : in.caps) {
        if (cap.field->optional) continue;
        w.line(1, "if (in->" + cap.path + ".slot == 0) return ERR_CAP_EMPTY;");
    }
    Packed packed = emit_packed(w, in, {"m.", "&m", "in", "ERR_MESSAGE"});
    std::string slots = "0";
    if (!method.out.caps.empty()) {
        w.line(1, "cap_t receive = out->" + method.out.caps[0].path + ".slot;");
        slots = "receive != 0 ? " + number(method.out.caps.size()) + " : 0";
    }
    w.line(1, "m.info = msg_info(" + method.constant + ", " + packed.length + ", " + packed.caps +
                  ", " + slots + ");");
}

// Anything but a success of the one right shape leaves here.
void emit_answer_shape(Writer &w, const StructType &out)
{
    if (!out.varies() && out.optional_caps == 0) {
        w.line(1, "if (CODEC_WRONG((m.info & CODEC_ANSWER_MASK) != msg_info(OK, " +
                      number(out.fixed_words) + ", " + number(out.caps.size()) +
                      ", 0))) return codec_answer_error(m.info);");
        return;
    }
    w.line(1, "if (msg_label(m.info) != OK) return codec_answer_error(m.info);");
    if (!out.varies()) {
        w.line(1, "if (msg_words(m.info) != " + number(out.fixed_words) +
                      ") return codec_answer_error(m.info);");
    }
    w.line(1, "uint32_t came = msg_caps(m.info);");
    if (out.caps_least() != 0) {
        w.line(1,
               "if (came < " + number(out.caps_least()) + ") return codec_answer_error(m.info);");
    }
    w.line(1, "if (came > " + number(out.caps.size()) + ") return codec_answer_error(m.info);");
}

void emit_answer_caps(Writer &w, const StructType &out)
{
    for (const auto &cap : out.caps) {
        std::string member = "out->" + cap.path, index = number(cap.word);
        std::string received = "codec_received(buffer, " + index + ")";
        if (cap.field->optional) {
            received = "came > " + index + " ? " + received + " : (struct cap_arg){0}";
        }
        w.line(1, member + " = " + received + ";");
        if (cap.field->interface.empty()) continue;
        std::string present = cap.field->optional ? "came > " + index + " && " : "";
        w.line(1, "if (" + present + member +
                      ".type != CAP_ENDPOINT) return codec_answer_error(m.info);");
    }
}

// Reads the words. In a method that received capabilities a wrong word drops them as well.
void emit_answer_words(Writer &w, const StructType &out, const std::string &drop)
{
    if (out.varies()) {
        w.line(1, "if (msg_words(m.info) > MSG_WORDS_MAX) return " + drop + ";");
        w.line(1, "struct codec_in r = {codec_gather(&m, buffer), msg_words(m.info), 0};");
        w.line(1, "int bad = take_" + out.tag + "(&r, out);");
        w.line(1, "if (bad == OK) bad = codec_end(&r);");
        w.line(1, "if (bad != OK) return " + drop + ";");
        return;
    }
    auto word = [](uint32_t index) { return word_at("m.", "buffer", index); };
    Writer checks;
    emit_checks(checks, 1, out, word);
    for (const std::string from : {"return ERR_MESSAGE;", "return ERR_RANGE;"}) {
        for (size_t at = 0; (at = checks.text.find(from, at)) != std::string::npos;) {
            checks.text.replace(at, from.size(), "return " + drop + ";");
            at += drop.size();
        }
    }
    w.text += checks.text;
    for (const auto &leaf : out.leaves) {
        w.line(1, "out->" + leaf.path + " = " + value_of(*leaf.field, word(leaf.word)) + ";");
    }
}

std::string drop_expression(const StructType &out)
{
    if (out.caps.empty()) return "ERR_MESSAGE";
    std::string list;
    for (const auto &cap : out.caps) {
        list += (list.empty() ? "" : ", ") + ("out->" + cap.path);
    }
    return "codec_answer_refuse((struct cap_arg[]){" + list + "}, " + number(out.caps.size()) + ")";
}

} // namespace

// One number for all attempts: whoever was asked before a server died finds what came of it.
void emit_call_once(Writer &w, const Method &method)
{
    bool answers = !method.out.empty();
    w.line("{");
    w.line(1, "struct " + method.in.tag + " numbered = *in;");
    if (answers) w.line(1, "const struct " + method.out.tag + " asked = *out;");
    w.line(1, "uint32_t tries = 0;");
    w.line(1, "int err;");
    w.line();
    w.line(1, "numbered.request = codec_request_number();");
    w.line(1, "do {");
    if (answers) w.line(2, "*out = asked;");
    w.line(2, "err = try_" + method.function + "(cap, &numbered" +
                  std::string(answers ? ", out" : "") + ");");
    w.line(1, "} while (codec_cut_off(err, &tries));");
    w.line(1, "return err;");
    w.line("}");
    w.line();
}

void emit_call_body(Writer &w, const Interface &, const Method &method)
{
    w.line(1, "struct message m = {0};");
    if (uses_buffer(method.in) || uses_buffer(method.out)) {
        w.line(1, "struct ipc_buffer *buffer = ipc_buffer();");
    }
    w.line();
    emit_send(w, method);
    std::string receive = method.out.caps.empty() ? "0" : "receive";
    std::string call = is_plain(method) ? "codec_call_inline" : "codec_call";
    w.line(1, "enum err err = " + call + "(cap, " + receive + ", &m);");
    w.line(1, "if (err != OK) return (int)err;");
    emit_answer_shape(w, method.out);
    emit_answer_caps(w, method.out);
    emit_answer_words(w, method.out, drop_expression(method.out));
    w.line(1, "return OK;");
}

} // namespace idl

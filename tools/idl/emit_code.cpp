// emit_code.cpp - idl/NAME.c: the stubs that are not inline, and the dispatch of each interface.
#include "emit.h"

namespace idl
{

std::string signature_answer(const Method &method)
{
    std::string out = "int " + method.function + "_answer(uint64_t token, int err";
    if (!method.out.empty()) out += ", const struct " + method.out.tag + " *out";
    return out + ")";
}

namespace
{

// pack_TAG: the whole answer of a success. False: a length exceeds its bound.
void emit_pack(Writer &w, const StructType &out)
{
    if (out.empty()) return;
    bool uses_buffer = out.varies() || !out.caps.empty() || out.fixed_words > registers;
    w.line("static bool pack_" + out.tag + "(struct message *m, struct ipc_buffer *buffer,");
    w.line("    const struct " + out.tag + " *out)");
    w.line("{");
    if (!uses_buffer) w.line(1, "(void)buffer;");
    if (out.varies()) w.line(1, "if (!fits_" + out.tag + "(out)) return false;");
    for (const auto &leaf : out.leaves) {
        w.line(1, word_at("m->", "buffer", leaf.word) + " = " +
                      word_of(*leaf.field, "out->" + leaf.path) + ";");
    }
    std::string length = number(out.fixed_words), caps = number(out.caps.size());
    if (out.varies()) {
        w.line(1, "struct codec_out o = {m, buffer, " + length + "};");
        w.line(1, "vary_" + out.tag + "(&o, out);");
        length = "o.at";
    }
    if (out.optional_caps != 0) {
        w.line(1, "uint32_t caps = " + number(out.caps_least()) + ";");
        caps = "caps";
    }
    for (const auto &cap : out.caps) {
        std::string member = "out->" + cap.path;
        std::string send = "codec_send_cap(buffer, " + number(cap.word) + ", &" + member + ");";
        if (!cap.field->optional) {
            w.line(1, send);
            continue;
        }
        w.line(1, "if (" + member + ".slot != 0) {");
        w.line(2, "if (caps++ != " + number(cap.word) + ") return false;");
        w.line(2, send);
        w.line(1, "}");
    }
    w.line(1, "m->info = msg_info(OK, " + length + ", " + caps + ", 0);");
    w.line(1, "return true;");
    w.line("}");
    w.line();
}

void emit_serve_in(Writer &w, const StructType &in)
{
    if (!in.empty()) w.line(1, "struct " + in.tag + " in;");
    if (in.caps.empty()) {
        w.line(1, "if (msg_caps(rq->info) != 0) return ERR_MESSAGE;");
    } else {
        uint32_t endpoints = 0;
        for (const auto &cap : in.caps) {
            if (!cap.field->interface.empty()) endpoints |= 1u << cap.word;
        }
        w.line(1, "int bad = codec_check_caps(rq, " + number(in.caps_least()) + ", " +
                      number(in.caps.size()) + ", " + number(endpoints) + ");");
        w.line(1, "if (bad != OK) return bad;");
    }
    for (const auto &cap : in.caps) {
        w.line(1, "in." + cap.path + " = rq->caps[" + number(cap.word) + "];");
    }
    if (in.varies()) {
        w.line(1, "struct codec_in r = {rq->words, msg_words(rq->info), 0};");
        w.line(1,
               std::string(in.caps.empty() ? "int " : "") + "bad = take_" + in.tag + "(&r, &in);");
        w.line(1, "if (bad != OK) return bad;");
        w.line(1, "if (codec_end(&r) != OK) return ERR_MESSAGE;");
        return;
    }
    w.line(1, "if (msg_words(rq->info) != " + number(in.fixed_words) + ") return ERR_MESSAGE;");
    for (const auto &leaf : in.leaves) {
        std::string word = "rq->words[" + number(leaf.word) + "]";
        emit_check(w, 1, leaf, word);
        w.line(1, "in." + leaf.path + " = " + value_of(*leaf.field, word) + ";");
    }
}

void emit_serve(Writer &w, const Interface &interface, const Method &method)
{
    const StructType &out = method.out;
    w.line("static int serve_" + method.function + "(const struct " + interface.prefix +
           "_ops *ops, struct request *rq)");
    w.line("{");
    emit_serve_in(w, method.in);
    w.line(1, "if (ops->" + method.member + " == NULL) return ERR_SYSCALL;");
    if (!out.empty()) w.line(1, "struct " + out.tag + " out = {0};");
    if (method.is_volatile) w.line(1, "rq->is_volatile = true;");
    if (method.is_once) {
        w.line(1, "rq->number = in.request;");
        w.line(1, "if (rq->recall != NULL && rq->recall(rq)) return OK;");
    }
    std::string arguments = "rq";
    if (!method.in.empty()) arguments += ", &in";
    if (!out.empty()) arguments += ", &out";
    w.line(1, "int err = ops->" + method.member + "(" + arguments + ");");
    w.line(1, "if (err != OK) return err;");
    if (out.empty()) {
        w.line(1, "rq->answer.info = msg_info(OK, 0, 0, 0);");
        w.line(1, "return OK;");
    } else {
        w.line(1, "return pack_" + out.tag + "(&rq->answer, rq->buffer, &out) ? OK : ERR_MESSAGE;");
    }
    w.line("}");
    w.line();
}

void emit_answer(Writer &w, const Method &method)
{
    w.line(signature_answer(method));
    w.line("{");
    w.line(1, "struct message m = {.info = msg_info((uint32_t)err, 0, 0, 0)};");
    if (!method.out.empty()) {
        w.line(1, "if (err == OK && !pack_" + method.out.tag + "(&m, ipc_buffer(), out)) {");
        w.line(2, "m = (struct message){.info = msg_info(ERR_MESSAGE, 0, 0, 0)};");
        w.line(1, "}");
    }
    w.line(1, "return request_answer(token, &m);");
    w.line("}");
    w.line();
}

void emit_dispatch(Writer &w, const Interface &interface)
{
    w.line("int " + interface.prefix + "_dispatch(const struct " + interface.prefix +
           "_ops *ops, struct request *rq)");
    w.line("{");
    w.line(1, "int result = ERR_SYSCALL;");
    w.line();
    if (interface.methods.empty()) w.line(1, "(void)ops;");
    w.line(1, "switch (msg_label(rq->info)) {");
    for (const auto &method : interface.methods) {
        w.line(1, "case " + method.constant + ": result = serve_" + method.function +
                      "(ops, rq); break;");
    }
    w.line(1, "case MESSAGE_DESCRIBE: return codec_describe(rq, " + interface.upper + "_ID);");
    w.line(1, "default: break;");
    w.line(1, "}");
    w.line(1, "return result > OK ? codec_answer(rq, result) : result;");
    w.line("}");
    w.line();
}

} // namespace

std::string emit_code(const File &file)
{
    Writer w;
    w.line("/* Generated from " + file.path + ". See idl/README.md. */");
    w.line("#include \"idl/" + file.base + ".h\"");
    w.line();
    emit_coders(w, file);
    for (const auto &interface : file.interfaces) {
        w.line("int " + interface.prefix + "_connect(cap_t cap)");
        w.line("{");
        w.line(1, "return codec_connect(cap, " + interface.upper + "_ID);");
        w.line("}");
        w.line();
        for (const auto &method : interface.methods) {
            if (!is_plain(method)) {
                std::string signature = signature_call(method);
                std::string tried = "static int try_" + signature.substr(4);
                w.line(method.is_once ? tried : signature);
                w.line("{");
                emit_call_body(w, interface, method);
                w.line("}");
                w.line();
                if (method.is_once) {
                    w.line(signature);
                    emit_call_once(w, method);
                }
            }
            emit_pack(w, method.out);
            emit_serve(w, interface, method);
            emit_answer(w, method);
        }
        emit_dispatch(w, interface);
    }
    return w.text;
}

} // namespace idl

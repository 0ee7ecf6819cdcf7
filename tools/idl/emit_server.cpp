// emit_server.cpp - the server's function of a method, and the dispatch of an interface.
//
// Where a message fits in registers both are inline: the words go from the registers in which they
// arrived to the handler's parameters, and its results to the answer.
#include "emit.h"

namespace idl
{

std::string signature_serve(const Interface &interface, const Method &method)
{
    return "int " + method.function + "_serve(const struct " + interface.prefix +
           "_ops *ops, struct request *rq)";
}

// pack_TAG: the whole answer of a success. False: a length exceeds its bound.
void emit_pack(Writer &w, const StructType &out)
{
    if (out.empty()) return;
    bool uses_buffer = out.varies() || !out.caps.empty() || out.fixed_words > registers;
    w.line("static bool pack_" + out.tag + "(struct message *m, struct ipc_buffer *buffer,");
    w.line("    const struct " + out.tag + " *out)");
    w.line("{");
    if (!uses_buffer) w.line(1, "(void)buffer;");
    Packed packed = emit_packed(w, out, {"m->", "m", "out", "false"});
    w.line(1, "m->info = msg_info(OK, " + packed.length + ", " + packed.caps + ", 0);");
    w.line(1, "return true;");
    w.line("}");
    w.line();
}

namespace
{

std::string request_word(uint32_t word)
{
    return "rq->words[" + number(word) + "]";
}

void emit_serve_caps(Writer &w, const StructType &in)
{
    uint32_t endpoints = 0;
    for (const auto &cap : in.caps) {
        if (!cap.field->interface.empty()) endpoints |= 1u << cap.word;
    }
    w.line(1, "int bad = codec_check_caps(rq, " + number(in.caps_least()) + ", " +
                  number(in.caps.size()) + ", " + number(endpoints) + ");");
    w.line(1, "if (bad != OK) return bad;");
    for (const auto &cap : in.caps) {
        w.line(1, "in." + cap.path + " = rq->caps[" + number(cap.word) + "];");
    }
}

void emit_serve_in(Writer &w, const StructType &in)
{
    if (!in.empty()) w.line(1, "struct " + in.tag + " in;");
    if (!in.caps.empty()) emit_serve_caps(w, in);
    if (in.varies()) {
        bool declared = !in.caps.empty();
        if (!declared) w.line(1, "if (msg_caps(rq->info) != 0) return ERR_MESSAGE;");
        w.line(1, "struct codec_in r = {rq->words, msg_words(rq->info), 0};");
        w.line(1, std::string(declared ? "" : "int ") + "bad = take_" + in.tag + "(&r, &in);");
        w.line(1, "if (bad != OK) return bad;");
        w.line(1, "if (codec_end(&r) != OK) return ERR_MESSAGE;");
        return;
    }
    std::string shape = in.caps.empty() ? "(rq->info & CODEC_SHAPE_MASK)" : "msg_words(rq->info)";
    w.line(1, "if (" + shape + " != " + number(in.fixed_words) + ") return ERR_MESSAGE;");
    emit_checks(w, 1, in, request_word);
    for (const auto &leaf : in.leaves) {
        w.line(1, "in." + leaf.path + " = " + value_of(*leaf.field, request_word(leaf.word)) + ";");
    }
}

void emit_serve_out(Writer &w, const Method &method)
{
    const StructType &out = method.out;
    if (!is_plain(method) && !out.empty()) {
        w.line(1, "return pack_" + out.tag + "(&rq->answer, rq->buffer, &out) ? OK : ERR_MESSAGE;");
        return;
    }
    for (const auto &leaf : out.leaves) {
        w.line(1, word_at("rq->answer.", "rq->buffer", leaf.word) + " = " +
                      word_of(*leaf.field, "out." + leaf.path) + ";");
    }
    w.line(1, "rq->answer.info = msg_info(OK, " + number(out.fixed_words) + ", 0, 0);");
    w.line(1, "return OK;");
}

} // namespace

void emit_serve(Writer &w, const Interface &interface, const Method &method)
{
    w.line((is_plain(method) ? "CODEC_INLINE " : "") + signature_serve(interface, method));
    w.line("{");
    emit_serve_in(w, method.in);
    w.line(1, "if (ops->" + method.member + " == NULL) return ERR_SYSCALL;");
    if (!method.out.empty()) w.line(1, "struct " + method.out.tag + " out = {0};");
    if (method.is_volatile) w.line(1, "rq->is_volatile = true;");
    if (method.is_once) {
        w.line(1, "rq->number = in.request;");
        w.line(1, "if (rq->recall != NULL && rq->recall(rq)) return OK;");
    }
    std::string arguments = "rq";
    if (!method.in.empty()) arguments += ", &in";
    if (!method.out.empty()) arguments += ", &out";
    w.line(1, "int err = ops->" + method.member + "(" + arguments + ");");
    w.line(1, "if (err != OK) return err;");
    emit_serve_out(w, method);
    w.line("}");
    w.line();
}

void emit_dispatch(Writer &w, const Interface &interface)
{
    w.line("CODEC_INLINE int " + interface.prefix + "_dispatch(const struct " + interface.prefix +
           "_ops *ops, struct request *rq)");
    w.line("{");
    w.line(1, "int result = ERR_SYSCALL;");
    w.line();
    if (interface.methods.empty()) w.line(1, "(void)ops;");
    w.line(1, "switch (msg_label(rq->info)) {");
    for (const auto &method : interface.methods) {
        w.line(1, "case " + method.constant + ": result = " + method.function +
                      "_serve(ops, rq); break;");
    }
    w.line(1, "default:");
    w.line(2, "if (msg_label(rq->info) != MESSAGE_DESCRIBE) break;");
    w.line(2, "return codec_describe(rq, " + interface.upper + "_ID);");
    w.line(1, "}");
    w.line(1, "return result > OK ? codec_answer(rq, result) : result;");
    w.line("}");
    w.line();
}

} // namespace idl

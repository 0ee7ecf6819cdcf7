// emit_code.cpp - idl/NAME.c: the stubs and the servers' functions that are not inline.
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
            if (!is_plain(method)) emit_serve(w, interface, method);
            emit_answer(w, method);
        }
    }
    return w.text;
}

} // namespace idl

// emit_header.cpp - idl/NAME.h: types, ids, prototypes, and the stubs of plain methods.
#include "emit.h"

namespace idl
{
namespace
{

std::string comment(const std::string &doc)
{
    std::string out;
    for (char c : doc) {
        bool ends = c == '/' && !out.empty() && out.back() == '*';
        if (ends) out += ' ';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

void emit_comment(Writer &w, int depth, const std::string &doc)
{
    if (!doc.empty()) w.line(depth, "/* " + comment(doc) + " */");
}

std::string scalar_type(const Field &field)
{
    return (field.kind == Kind::Signed ? "int" : "uint") + number(field.bits) + "_t";
}

std::string declaration(const Field &field)
{
    switch (field.kind) {
    case Kind::Unsigned:
    case Kind::Signed:
        return scalar_type(field) + " " + field.member;
    case Kind::Bool:
        return "bool " + field.member;
    case Kind::Enum:
        return "enum " + field.enumeration->tag + " " + field.member;
    case Kind::Text:
        return "struct text " + field.member;
    case Kind::Data:
        return "struct data " + field.member;
    case Kind::Words:
        return "struct { uint32_t count; const uint64_t *at; } " + field.member;
    case Kind::Structs:
        return "struct { uint32_t count; struct " + field.structure->tag + " at[" +
               number(field.max) + "]; } " + field.member;
    case Kind::Struct:
        return "struct " + field.structure->tag + " " + field.member;
    case Kind::Cap:
        return "struct cap_arg " + field.member;
    }
    return "";
}

std::string bounds(const Field &field)
{
    std::string note;
    if (field.max != 0) note = "at most " + number(field.max);
    if (field.ranged) note = field.lowest + " to " + field.highest;
    if (field.kind == Kind::Cap && !field.interface.empty()) note = field.interface;
    if (field.optional) note += note.empty() ? "may be absent" : ", may be absent";
    if (!field.doc.empty()) note += (note.empty() ? "" : "; ") + comment(field.doc);
    return note;
}

void emit_struct(Writer &w, const StructType &type)
{
    emit_comment(w, 0, type.doc);
    w.line("struct " + type.tag + " {");
    for (const auto &field : type.fields) {
        std::string note = bounds(field);
        w.line(1, declaration(field) + ";" + (note.empty() ? "" : " /* " + note + " */"));
    }
    w.line("};");
    w.line();
}

void emit_enum(Writer &w, const EnumType &type, const std::string &prefix, uint32_t from)
{
    emit_comment(w, 0, type.doc);
    w.line("enum " + type.tag + " {");
    for (size_t i = 0; i < type.names.size(); i++) {
        std::string doc = type.docs[i].empty() ? "" : " /* " + comment(type.docs[i]) + " */";
        w.line(1, prefix + "_" + upper(type.names[i]) + " = " + number(from + i) + "," + doc);
    }
    w.line("};");
    w.line();
}

void emit_handler(Writer &w, const Method &method)
{
    std::string arguments = "struct request *rq";
    if (!method.in.empty()) arguments += ", const struct " + method.in.tag + " *in";
    if (!method.out.empty()) arguments += ", struct " + method.out.tag + " *out";
    w.line(1, "int (*" + method.member + ")(" + arguments + ");");
}

void emit_method(Writer &w, const Interface &interface, const Method &method)
{
    if (!method.in.empty()) emit_struct(w, method.in);
    if (!method.out.empty()) emit_struct(w, method.out);
    emit_comment(w, 0, method.doc);
    if (is_plain(method)) {
        w.line("CODEC_INLINE " + signature_call(method));
        w.line("{");
        emit_call_body(w, interface, method);
        w.line("}");
    } else {
        w.line(signature_call(method) + ";");
    }
    w.line(signature_answer(method) + ";");
    w.line();
}

void emit_interface(Writer &w, const Interface &interface)
{
    char id[32];
    snprintf(id, sizeof(id), "0x%016llxull", static_cast<unsigned long long>(interface.id));
    w.line("/* ---- " + interface.name + " ---- */");
    w.line();
    emit_comment(w, 0, interface.doc);
    w.line("#define " + interface.upper + "_ID " + id);
    w.line();
    if (interface.errors != nullptr) {
        emit_enum(w, *interface.errors, interface.upper, errors_from);
    }
    if (!interface.methods.empty()) {
        w.line("enum {");
        for (const auto &method : interface.methods) {
            w.line(1, method.constant + " = " + number(method.ordinal) + ",");
        }
        w.line("};");
        w.line();
    }
    w.line("/* OK when the capability leads to this interface, ERR_CAP_TYPE when to another. */");
    w.line("int " + interface.prefix + "_connect(cap_t cap);");
    w.line();
    for (const auto &method : interface.methods) {
        emit_method(w, interface, method);
    }
    w.line(
        "/* Handlers, called with checked parameters: 0, an error, or REPLY_LATER. A NULL one is");
    w.line(" * answered with ERR_SYSCALL. */");
    w.line("struct " + interface.prefix + "_ops {");
    for (const auto &method : interface.methods) {
        emit_handler(w, method);
    }
    w.line("};");
    w.line();
    for (const auto &method : interface.methods) {
        if (is_plain(method)) {
            emit_serve(w, interface, method);
        } else {
            w.line(signature_serve(interface, method) + ";");
        }
    }
    w.line(
        "/* Checks and serves the request. The result is in rq->answer; REPLY_LATER: not yet. */");
    emit_dispatch(w, interface);
}

} // namespace

std::string emit_header(const File &file)
{
    Writer w;
    w.line("/* Generated from " + file.path + ". See idl/README.md. */");
    w.line("#pragma once");
    w.line("#include \"codec.h\"");
    w.line();
    for (const auto &name : file.includes) {
        w.line("#include \"idl/" + name + ".h\"");
    }
    if (!file.includes.empty()) w.line();
    for (const auto &type : file.enums) {
        emit_enum(w, *type, upper(type->tag), 0);
    }
    for (const auto &type : file.structs) {
        emit_struct(w, *type);
    }
    for (const auto &interface : file.interfaces) {
        emit_interface(w, interface);
    }
    return w.text;
}

} // namespace idl

// emit_reference.cpp - idl/REFERENCE.md: every interface with its bounds, errors and message sizes.
#include "emit.h"

namespace idl
{
namespace
{

// Doc comments in a table cell or a paragraph: no line of it may start a block.
std::string one_line(const std::string &doc)
{
    std::string out;
    for (char c : doc) {
        if (c == '|') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string type_name(const Field &field)
{
    std::string bits = number(field.bits);
    switch (field.kind) {
    case Kind::Unsigned:
        return "UInt" + bits;
    case Kind::Signed:
        return "Int" + bits;
    case Kind::Bool:
        return "Bool";
    case Kind::Enum:
        return field.enumeration->display;
    case Kind::Text:
        return "Text";
    case Kind::Data:
        return "Data";
    case Kind::Words:
        return "List(UInt" + bits + ")";
    case Kind::Structs:
        return "List(" + field.structure->display + ")";
    case Kind::Struct:
        return field.structure->display;
    case Kind::Cap:
        return field.interface.empty() ? "Capability" : field.interface;
    }
    return "";
}

std::string bound(const Field &field)
{
    if (field.ranged) return field.lowest + " to " + field.highest;
    bool is_bytes = field.kind == Kind::Text || field.kind == Kind::Data;
    if (field.max != 0) return "at most " + number(field.max) + (is_bytes ? " bytes" : "");
    return field.optional ? "may be absent" : "";
}

std::string hex(uint64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "0x%016llx", static_cast<unsigned long long>(value));
    return text;
}

void emit_paragraph(Writer &w, const std::string &doc)
{
    for (size_t at = 0; at < doc.size();) {
        size_t end = doc.find("\n\n", at);
        if (end == std::string::npos) end = doc.size();
        w.line(one_line(doc.substr(at, end - at)));
        w.line();
        at = end + 2;
    }
}

// The comment at the top of a file begins with its name.
std::string without_title(const std::string &doc, const std::string &base)
{
    std::string title = base + ".capnp - ";
    return doc.rfind(title, 0) == 0 ? doc.substr(title.size()) : doc;
}

void emit_fields(Writer &w, const StructType &type)
{
    bool has_docs = false;
    for (const auto &field : type.fields) {
        has_docs = has_docs || !field.doc.empty();
    }
    w.line(has_docs ? "| name | type | bound | |" : "| name | type | bound |");
    w.line(has_docs ? "|---|---|---|---|" : "|---|---|---|");
    for (const auto &field : type.fields) {
        std::string row = "| `" + field.name + "` | " + type_name(field) + " | " + bound(field);
        w.line(row + (has_docs ? " | " + one_line(field.doc) + " |" : " |"));
    }
    w.line();
}

std::string parameters(const StructType &type)
{
    std::string out;
    for (const auto &field : type.fields) {
        if (!out.empty()) out += ", ";
        out += field.name + " :" + type_name(field);
        std::string limits = bound(field);
        if (!limits.empty()) out += " [" + limits + "]";
    }
    return "(" + out + ")";
}

std::string size(const StructType &type)
{
    std::string out = number(type.fixed_words);
    if (type.varies()) out += " to " + number(type.max_words);
    out += out == "1" ? " word" : " words";
    if (type.caps.empty()) return out;
    std::string caps = number(type.caps_least());
    if (type.optional_caps != 0) caps += " to " + number(type.caps.size());
    return out + ", " + caps + (caps == "1" ? " capability" : " capabilities");
}

void emit_method(Writer &w, const Interface &interface, const Method &method)
{
    w.line("#### " + interface.name + "." + method.name + " @" + number(method.ordinal));
    w.line();
    w.line("    " + method.name + " " + parameters(method.in));
    w.line("        -> " + parameters(method.out));
    w.line();
    emit_paragraph(w, method.doc);
    bool grants = !method.in.caps.empty() || method.needs == "grant";
    w.line("- Needs: WRITE" + std::string(grants ? ", GRANT" : ""));
    std::string errors;
    for (const auto &error : method.errors) {
        errors += (errors.empty() ? "" : ", ") + error;
    }
    w.line("- Errors: " + (errors.empty() ? "only the kernel's" : errors));
    w.line("- Message: " + size(method.in) + "; answer: " + size(method.out));
    if (method.is_once) w.line("- Once: repeated with the same `request`, it answers what it did");
    if (method.is_volatile) w.line("- Volatile: the answer does not wait for durability");
    w.line();
}

void emit_interface(Writer &w, const Interface &interface)
{
    w.line("### interface " + interface.name);
    w.line();
    emit_paragraph(w, interface.doc);
    w.line("Id `" + hex(interface.id) + "`.");
    w.line();
    if (interface.errors != nullptr) {
        w.line("| error | number |");
        w.line("|---|---|");
        for (size_t i = 0; i < interface.errors->names.size(); i++) {
            w.line("| `" + interface.errors->names[i] + "` | " + number(errors_from + i) + " |");
        }
        w.line();
        emit_paragraph(w, interface.errors->doc);
    }
    for (const auto &method : interface.methods) {
        emit_method(w, interface, method);
    }
}

void emit_enum(Writer &w, const EnumType &type)
{
    w.line("### enum " + type.display);
    w.line();
    emit_paragraph(w, type.doc);
    std::string list;
    for (size_t i = 0; i < type.names.size(); i++) {
        list += (list.empty() ? "" : ", ") + number(i) + " `" + type.names[i] + "`";
    }
    w.line(list);
    w.line();
}

} // namespace

std::string emit_reference(const std::vector<File> &files)
{
    Writer w;
    w.line("# Interfaces");
    w.line();
    w.line(
        "Generated from the interface files by `capnpc-wl`; do not edit. README.md says how the");
    w.line("values of a message are laid out. Beside the errors listed with it every method can");
    w.line("answer the kernel's (kernel/abi/error.h): ERR_MESSAGE and ERR_RANGE for what breaks a");
    w.line("bound, ERR_SYSCALL for an unknown method.");
    w.line();
    for (const auto &file : files) {
        if (file.empty()) continue;
        w.line("## " + file.base + ".capnp");
        w.line();
        emit_paragraph(w, without_title(file.doc, file.base));
        for (const auto &interface : file.interfaces) {
            emit_interface(w, interface);
        }
        for (const auto &type : file.structs) {
            w.line("### struct " + type->display);
            w.line();
            emit_paragraph(w, type->doc);
            emit_fields(w, *type);
        }
        for (const auto &type : file.enums) {
            emit_enum(w, *type);
        }
    }
    while (w.text.size() > 1 && w.text[w.text.size() - 2] == '\n') {
        w.text.pop_back();
    }
    return w.text;
}

} // namespace idl

// emit_trace.cpp - idl/trace.c: the names of everything, for printing calls. See libsys/trace.h.
#include "emit.h"

#include <algorithm>
#include <set>

namespace idl
{
namespace
{

std::string quoted(const std::string &text)
{
    return "\"" + text + "\"";
}

const char *kind_name(Kind kind)
{
    switch (kind) {
    case Kind::Unsigned:
        return "TRACE_UNSIGNED";
    case Kind::Signed:
        return "TRACE_SIGNED";
    case Kind::Bool:
        return "TRACE_BOOL";
    case Kind::Enum:
        return "TRACE_ENUM";
    case Kind::Text:
        return "TRACE_TEXT";
    case Kind::Data:
        return "TRACE_DATA";
    case Kind::Words:
        return "TRACE_WORDS";
    case Kind::Structs:
        return "TRACE_STRUCTS";
    case Kind::Struct:
    case Kind::Cap:
        break;
    }
    return "";
}

struct Tables {
    Writer &w;
    std::set<std::string> done;

    void names(const std::string &table, const std::vector<std::string> &names)
    {
        if (names.empty() || !done.insert(table).second) return;
        w.line("static const char *const " + table + "[] = {");
        for (const auto &name : names) {
            w.line(1, quoted(name) + ",");
        }
        w.line("};");
        w.line();
    }

    void fields(const StructType &type)
    {
        if (type.leaves.empty() || !done.insert("fields_" + type.tag).second) return;
        for (const auto &leaf : type.leaves) {
            if (leaf.field->structure != nullptr) fields(*leaf.field->structure);
            if (leaf.field->enumeration == nullptr) continue;
            names("names_" + leaf.field->enumeration->tag, leaf.field->enumeration->names);
        }
        w.line("static const struct trace_field fields_" + type.tag + "[] = {");
        for (const auto &leaf : type.leaves) {
            std::string entry =
                "{.name = " + quoted(leaf.name) + ", .kind = " + kind_name(leaf.field->kind);
            if (leaf.field->enumeration != nullptr) {
                entry += ", .count = " + number(leaf.field->enumeration->names.size()) +
                         ", .names = names_" + leaf.field->enumeration->tag;
            }
            if (leaf.field->structure != nullptr) {
                entry += ", .count = " + number(leaf.field->structure->leaves.size()) +
                         ", .fields = fields_" + leaf.field->structure->tag;
            }
            w.line(1, entry + "},");
        }
        w.line("};");
        w.line();
    }

    std::string message(const StructType &type, const std::string &member)
    {
        std::string out;
        if (!type.leaves.empty()) {
            out += ", ." + member + " = fields_" + type.tag + ", ." + member +
                   "_count = " + number(type.leaves.size());
        }
        if (!type.caps.empty()) {
            out += ", ." + member + "_caps = caps_" + type.tag + ", ." + member +
                   "_caps_count = " + number(type.caps.size());
        }
        return out;
    }

    void interface(const Interface &interface)
    {
        for (const auto &method : interface.methods) {
            for (const StructType *type : {&method.in, &method.out}) {
                fields(*type);
                std::vector<std::string> caps;
                for (const auto &cap : type->caps) {
                    caps.push_back(cap.name);
                }
                names("caps_" + type->tag, caps);
            }
        }
        if (interface.errors != nullptr) {
            names("names_" + interface.errors->tag, interface.errors->names);
        }
        if (interface.methods.empty()) return;
        w.line("static const struct trace_method methods_" + interface.prefix + "[] = {");
        for (const auto &method : interface.methods) {
            w.line(1, "{.name = " + quoted(method.name) + message(method.in, "in") +
                          message(method.out, "out") + "},");
        }
        w.line("};");
        w.line();
    }
};

} // namespace

std::string emit_trace_code(const std::vector<File> &files)
{
    Writer w;
    w.line("/* Generated from all interface files. See libsys/trace.h. */");
    w.line("#include \"trace.h\"");
    w.line();
    Tables tables{w, {}};
    std::vector<const Interface *> all;
    for (const auto &file : files) {
        for (const auto &interface : file.interfaces) {
            tables.interface(interface);
            all.push_back(&interface);
        }
    }
    std::sort(all.begin(), all.end(),
              [](const Interface *a, const Interface *b) { return a->id < b->id; });
    w.line("const struct trace_interface trace_interfaces[] = {");
    for (const Interface *interface : all) {
        std::string entry =
            "{.id = " + number(interface->id) + "ull, .name = " + quoted(interface->name);
        if (!interface->methods.empty()) {
            entry += ", .methods = methods_" + interface->prefix +
                     ", .method_count = " + number(interface->methods.size());
        }
        if (interface->errors != nullptr) {
            entry += ", .errors = names_" + interface->errors->tag +
                     ", .error_count = " + number(interface->errors->names.size());
        }
        w.line(1, entry + "},");
    }
    w.line("};");
    w.line("const uint32_t trace_interface_count = " + number(all.size()) + ";");
    return w.text;
}

} // namespace idl

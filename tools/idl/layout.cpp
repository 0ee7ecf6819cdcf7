// layout.cpp - see idl/README.md for the layout in words.
#include "layout.h"

#include <map>
#include <set>

namespace idl
{
namespace
{

bool is_varying(Kind kind)
{
    return kind == Kind::Text || kind == Kind::Data || kind == Kind::Words || kind == Kind::Structs;
}

uint64_t most_words(const Field &field)
{
    switch (field.kind) {
    case Kind::Text:
    case Kind::Data:
        return (uint64_t(field.max) + 7) / 8;
    case Kind::Words:
        return field.max;
    case Kind::Structs:
        return uint64_t(field.max) * field.structure->max_words;
    case Kind::Unsigned:
    case Kind::Signed:
    case Kind::Bool:
    case Kind::Enum:
    case Kind::Struct:
    case Kind::Cap:
        break;
    }
    return 0;
}

struct Walk {
    StructType &type;
    uint64_t varying = 0;
    std::vector<std::string> problems;

    void fields(const std::vector<Field> &from, const std::string &path, const std::string &name);
    void cap(const Field &field, const std::string &path, const std::string &name);
};

void Walk::cap(const Field &field, const std::string &path, const std::string &name)
{
    if (!field.optional && type.optional_caps != 0) {
        problems.push_back(name + " follows an optional capability");
    }
    if (field.optional) type.optional_caps++;
    type.caps.push_back({path, name, std::make_shared<Field>(field), uint32_t(type.caps.size())});
}

void Walk::fields(const std::vector<Field> &from, const std::string &path, const std::string &name)
{
    for (const auto &field : from) {
        std::string here = path + field.member, named = name + field.name;
        if (field.kind == Kind::Struct) {
            fields(field.structure->fields, here + ".", named + ".");
        } else if (field.kind == Kind::Cap) {
            cap(field, here, named);
        } else {
            type.leaves.push_back(
                {here, named, std::make_shared<Field>(field), type.fixed_words++});
            if (is_varying(field.kind)) varying += most_words(field);
        }
    }
}

bool parse_number(const std::string &text, bool is_signed, unsigned bits, __int128 &out)
{
    if (text.empty() || text.size() > 20) return false;
    size_t first = text[0] == '-' ? 1 : 0;
    if (first == text.size()) return false;
    out = 0;
    for (size_t i = first; i < text.size(); i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        out = out * 10 + (text[i] - '0');
    }
    if (first == 1) out = -out;
    __int128 one = 1;
    __int128 lowest = is_signed ? -(one << (bits - 1)) : 0;
    __int128 highest = (one << (is_signed ? bits - 1 : bits)) - 1;
    return out >= lowest && out <= highest;
}

struct Names {
    std::map<std::string, std::string> tags, others; // identifier -> who has it
    std::vector<std::string> clashes;

    void add(std::map<std::string, std::string> &space, const std::string &name,
             const std::string &owner)
    {
        auto [at, is_new] = space.emplace(name, owner);
        if (!is_new) {
            clashes.push_back(owner + ": the C name '" + name + "' is also that of " + at->second);
        }
    }
    void members(const StructType &type, const std::string &owner)
    {
        std::set<std::string> seen;
        for (const auto &field : type.fields) {
            if (!seen.insert(field.member).second) {
                clashes.push_back(owner + ": the C name '" + field.member + "' twice");
            }
        }
    }
    void enumeration(const EnumType &type, const std::string &prefix, const std::string &owner)
    {
        add(tags, type.tag, owner);
        for (const auto &name : type.names) {
            add(others, prefix + "_" + upper(name), owner);
        }
    }
    void interface(const Interface &interface, const std::string &owner)
    {
        add(others, interface.upper + "_ID", owner);
        add(others, interface.prefix + "_connect", owner);
        add(others, interface.prefix + "_dispatch", owner);
        add(tags, interface.prefix + "_ops", owner);
        if (interface.errors != nullptr) {
            enumeration(*interface.errors, interface.upper, owner);
        }
        for (const auto &method : interface.methods) {
            std::string who = owner + "." + method.name;
            add(others, method.constant, who);
            add(others, method.function, who);
            add(others, method.function + "_answer", who);
            add(others, method.function + "_serve", who);
            add(tags, method.in.tag, who);
            add(tags, method.out.tag, who);
            members(method.in, who);
            members(method.out, who);
        }
    }
};

} // namespace

std::vector<std::string> lay_out(StructType &type)
{
    Walk walk{type, 0, {}};
    walk.fields(type.fields, "", "");
    uint64_t most = type.fixed_words + walk.varying;
    if (most > words_max) {
        walk.problems.push_back("may take " + std::to_string(most) + " words, more than " +
                                std::to_string(words_max));
        most = words_max;
    }
    type.max_words = uint32_t(most);
    if (type.caps.size() > caps_max) {
        walk.problems.push_back("has more than " + std::to_string(caps_max) + " capabilities");
    }
    return walk.problems;
}

std::string set_range(const std::string &text, Field &field)
{
    if (field.kind != Kind::Unsigned && field.kind != Kind::Signed) {
        return "$Wl.range is for integers";
    }
    size_t dots = text.find("..");
    if (dots == std::string::npos) return "$Wl.range is \"lowest..highest\"";
    bool is_signed = field.kind == Kind::Signed;
    __int128 lowest = 0, highest = 0;
    if (!parse_number(text.substr(0, dots), is_signed, field.bits, lowest) ||
        !parse_number(text.substr(dots + 2), is_signed, field.bits, highest)) {
        return "$Wl.range \"" + text + "\" is not within the type";
    }
    if (lowest > highest) return "$Wl.range \"" + text + "\" is empty";
    field.ranged = true;
    field.lowest = text.substr(0, dots);
    field.highest = text.substr(dots + 2);
    return "";
}

std::vector<std::string> name_clashes(const std::vector<File> &files)
{
    Names names;
    for (const auto &file : files) {
        for (const auto &type : file.enums) {
            names.enumeration(*type, upper(type->tag), file.path + ": " + type->display);
        }
        for (const auto &type : file.structs) {
            names.add(names.tags, type->tag, file.path + ": " + type->display);
            names.members(*type, file.path + ": " + type->display);
        }
        for (const auto &interface : file.interfaces) {
            names.interface(interface, file.path + ": " + interface.name);
        }
    }
    return names.clashes;
}

} // namespace idl

// names.cpp - C identifiers from the schema's camel case.
#include "model.h"

#include <cctype>
#include <set>

namespace idl
{

std::string snake(const std::string &camel)
{
    std::string out;
    for (size_t i = 0; i < camel.size(); i++) {
        unsigned char c = static_cast<unsigned char>(camel[i]);
        if (std::isupper(c) && i > 0 && !std::isupper(static_cast<unsigned char>(camel[i - 1])) &&
            camel[i - 1] != '_') {
            out += '_';
        }
        out += static_cast<char>(std::tolower(c));
    }
    return out;
}

std::string upper(const std::string &camel)
{
    std::string out = snake(camel);
    for (char &c : out) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return out;
}

std::string member_name(const std::string &camel)
{
    static const std::set<std::string> taken = {
        "asm",      "auto",    "bool",     "break",    "case",     "char",    "const",
        "continue", "default", "do",       "double",   "else",     "enum",    "extern",
        "false",    "float",   "for",      "goto",     "if",       "inline",  "int",
        "linux",    "long",    "register", "restrict", "return",   "short",   "signed",
        "sizeof",   "static",  "struct",   "switch",   "true",     "typedef", "typeof",
        "union",    "unix",    "unsigned", "void",     "volatile", "while"};
    std::string out = snake(camel);
    return taken.count(out) != 0 ? out + "_" : out;
}

} // namespace idl

// emit_values.cpp - one value of a message: its check, and both directions between word and C.
#include "emit.h"

#include <map>

namespace idl
{

std::string word_at(const std::string &m, const std::string &buffer, uint32_t index)
{
    if (index < registers) return m + "w[" + number(index) + "]";
    return buffer + "->words[" + number(index - registers) + "]";
}

namespace
{

std::string constant(const Field &field, const std::string &decimal)
{
    if (field.kind == Kind::Unsigned) return decimal + "ull";
    if (decimal == "-9223372036854775808") return "INT64_MIN";
    return decimal + "ll";
}

// Of a type that takes any word of so many bits; 0: another type.
unsigned width_of(const Field &field)
{
    if (field.kind == Kind::Bool) return 1;
    return field.kind == Kind::Unsigned && field.bits < 64 ? field.bits : 0;
}

void emit_range(Writer &w, int depth, const Field &field, const std::string &word)
{
    if (!field.ranged) return;
    if (field.lowest != "0") {
        w.line(depth,
               "if (" + word + " < " + constant(field, field.lowest) + ") return ERR_RANGE;");
    }
    if (field.highest != "18446744073709551615") {
        w.line(depth,
               "if (" + word + " > " + constant(field, field.highest) + ") return ERR_RANGE;");
    }
}

void emit_signed(Writer &w, int depth, const Field &field, const std::string &word)
{
    std::string value = "(int64_t)" + word, bits = number(field.bits);
    if (field.bits < 64) {
        w.line(depth, "if (" + value + " < INT" + bits + "_MIN) return ERR_MESSAGE;");
        w.line(depth, "if (" + value + " > INT" + bits + "_MAX) return ERR_MESSAGE;");
    }
    if (!field.ranged) return;
    w.line(depth, "if (" + value + " < " + constant(field, field.lowest) + ") return ERR_RANGE;");
    w.line(depth, "if (" + value + " > " + constant(field, field.highest) + ") return ERR_RANGE;");
}

} // namespace

void emit_check(Writer &w, int depth, const Leaf &leaf, const std::string &word)
{
    const Field &field = *leaf.field;
    switch (field.kind) {
    case Kind::Unsigned:
        if (field.bits < 64) {
            w.line(depth,
                   "if (" + word + " > UINT" + number(field.bits) + "_MAX) return ERR_MESSAGE;");
        }
        return emit_range(w, depth, field, word);
    case Kind::Signed:
        return emit_signed(w, depth, field, word);
    case Kind::Bool:
        return w.line(depth, "if (" + word + " > 1) return ERR_MESSAGE;");
    case Kind::Enum:
        return w.line(depth, "if (" + word + " >= " + number(field.enumeration->names.size()) +
                                 ") return ERR_MESSAGE;");
    case Kind::Words:
    case Kind::Structs:
        return w.line(depth, "if (" + word + " > " + number(field.max) + ") return ERR_MESSAGE;");
    case Kind::Text: // bounded where the bytes are taken
    case Kind::Data:
    case Kind::Struct:
    case Kind::Cap:
        return;
    }
}

void emit_checks(Writer &w, int depth, const StructType &type, const WordName &word)
{
    std::map<unsigned, std::string> widths; // bits -> words
    for (const auto &leaf : type.leaves) {
        unsigned width = width_of(*leaf.field);
        if (width == 0) continue;
        std::string &words = widths[width];
        words += (words.empty() ? "" : " | ") + word(leaf.word);
    }
    std::string beyond;
    for (const auto &[width, words] : widths) {
        beyond += (beyond.empty() ? "(" : " | (") + words + ") >> " + number(width);
    }
    if (!beyond.empty()) {
        w.line(depth, "if (CODEC_WRONG((" + beyond + ") != 0)) return ERR_MESSAGE;");
    }
    for (const auto &leaf : type.leaves) {
        if (width_of(*leaf.field) == 0) {
            emit_check(w, depth, leaf, word(leaf.word));
        } else if (leaf.field->kind == Kind::Unsigned) {
            emit_range(w, depth, *leaf.field, word(leaf.word));
        }
    }
}

std::string value_of(const Field &field, const std::string &word)
{
    switch (field.kind) {
    case Kind::Unsigned:
        return field.bits == 64 ? word : "(uint" + number(field.bits) + "_t)" + word;
    case Kind::Signed:
        return "(int" + number(field.bits) + "_t)" + word;
    case Kind::Bool:
        return word + " != 0";
    case Kind::Enum:
        return "(enum " + field.enumeration->tag + ")" + word;
    case Kind::Text:
    case Kind::Data:
    case Kind::Words:
    case Kind::Structs:
    case Kind::Struct:
    case Kind::Cap:
        break;
    }
    return word;
}

std::string word_of(const Field &field, const std::string &member)
{
    switch (field.kind) {
    case Kind::Signed:
        return "(uint64_t)(int64_t)" + member;
    case Kind::Enum:
        return "(uint64_t)" + member;
    case Kind::Text:
    case Kind::Data:
        return member + ".len";
    case Kind::Words:
    case Kind::Structs:
        return member + ".count";
    case Kind::Unsigned:
    case Kind::Bool:
    case Kind::Struct:
    case Kind::Cap:
        break;
    }
    return member;
}

} // namespace idl

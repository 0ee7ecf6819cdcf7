// emit_coders.cpp - static functions that read and write the varying parts.
//
//   take_TAG   reads a structure from a run of words and checks all of it
//   fits_TAG   no length exceeds its bound
//   vary_TAG   writes the varying part
//   put_TAG    writes an element of a list, both parts
#include "emit.h"

#include <set>

namespace idl
{
namespace
{

bool is_varying(const Field &field)
{
    return field.kind == Kind::Text || field.kind == Kind::Data || field.kind == Kind::Words ||
           field.kind == Kind::Structs;
}

void emit_take_varying(Writer &w, const Leaf &leaf)
{
    const Field &field = *leaf.field;
    std::string member = "v->" + leaf.path, word = "w[" + number(leaf.word) + "]";
    switch (field.kind) {
    case Kind::Text:
    case Kind::Data:
        w.line(1, std::string("err = codec_take_") + (field.kind == Kind::Text ? "text" : "data") +
                      "(r, " + word + ", " + number(field.max) + ", &" + member + ");");
        break;
    case Kind::Words:
        w.line(1, member + ".count = (uint32_t)" + word + ";");
        w.line(1, "err = codec_take_words(r, " +
                      (field.bits == 64 ? "UINT64_MAX" : "UINT" + number(field.bits) + "_MAX") +
                      ", " + member + ".count, &" + member + ".at);");
        break;
    case Kind::Structs:
        w.line(1, member + ".count = (uint32_t)" + word + ";");
        w.line(1, "for (uint32_t i = 0; i < " + member + ".count; i++) {");
        w.line(2, "err = take_" + field.structure->tag + "(r, &" + member + ".at[i]);");
        w.line(2, "if (err != OK) return err;");
        w.line(1, "}");
        return;
    case Kind::Unsigned:
    case Kind::Signed:
    case Kind::Bool:
    case Kind::Enum:
    case Kind::Struct:
    case Kind::Cap:
        return;
    }
    w.line(1, "if (err != OK) return err;");
}

void emit_take(Writer &w, const StructType &type)
{
    w.line("static int take_" + type.tag + "(struct codec_in *r, struct " + type.tag + " *v)");
    w.line("{");
    w.line(1, "const uint64_t *w = codec_take(r, " + number(type.fixed_words) + ");");
    if (type.varies()) w.line(1, "int err;");
    w.line();
    w.line(1, "if (w == NULL) return ERR_MESSAGE;");
    for (const auto &leaf : type.leaves) {
        std::string word = "w[" + number(leaf.word) + "]";
        emit_check(w, 1, leaf, word);
        if (is_varying(*leaf.field)) continue;
        w.line(1, "v->" + leaf.path + " = " + value_of(*leaf.field, word) + ";");
    }
    for (const auto &leaf : type.leaves) {
        emit_take_varying(w, leaf);
    }
    w.line(1, "return OK;");
    w.line("}");
    w.line();
}

void emit_fits(Writer &w, const StructType &type)
{
    w.line("static bool fits_" + type.tag + "(const struct " + type.tag + " *v)");
    w.line("{");
    for (const auto &leaf : type.leaves) {
        const Field &field = *leaf.field;
        if (!is_varying(field)) continue;
        std::string member = "v->" + leaf.path;
        w.line(1, "if (" + word_of(field, member) + " > " + number(field.max) + ") return false;");
        if (field.kind != Kind::Structs || !field.structure->varies()) continue;
        w.line(1, "for (uint32_t i = 0; i < " + member + ".count; i++) {");
        w.line(2, "if (!fits_" + field.structure->tag + "(&" + member + ".at[i])) return false;");
        w.line(1, "}");
    }
    w.line(1, "return true;");
    w.line("}");
    w.line();
}

void emit_vary(Writer &w, const StructType &type)
{
    w.line("static void vary_" + type.tag + "(struct codec_out *o, const struct " + type.tag +
           " *v)");
    w.line("{");
    for (const auto &leaf : type.leaves) {
        const Field &field = *leaf.field;
        std::string member = "v->" + leaf.path;
        if (field.kind == Kind::Text || field.kind == Kind::Data) {
            w.line(1, "codec_put_bytes(o, " + member + ".at, " + member + ".len);");
        } else if (field.kind == Kind::Words) {
            w.line(1, "codec_put_words(o, " + member + ".at, " + member + ".count);");
        } else if (field.kind == Kind::Structs) {
            w.line(1, "for (uint32_t i = 0; i < " + member + ".count; i++) {");
            w.line(2, "put_" + field.structure->tag + "(o, &" + member + ".at[i]);");
            w.line(1, "}");
        }
    }
    w.line("}");
    w.line();
}

void emit_put(Writer &w, const StructType &type)
{
    w.line("static void put_" + type.tag + "(struct codec_out *o, const struct " + type.tag +
           " *v)");
    w.line("{");
    for (const auto &leaf : type.leaves) {
        w.line(1, "codec_put(o, " + word_of(*leaf.field, "v->" + leaf.path) + ");");
    }
    if (type.varies()) w.line(1, "vary_" + type.tag + "(o, v);");
    w.line("}");
    w.line();
}

struct Emitter {
    Writer &w;
    std::set<std::string> done;

    void element(const StructType &type)
    {
        if (!done.insert(type.tag).second) return;
        elements(type);
        emit_take(w, type);
        if (type.varies()) {
            emit_fits(w, type);
            emit_vary(w, type);
        }
        emit_put(w, type);
    }
    void elements(const StructType &type)
    {
        for (const auto &leaf : type.leaves) {
            if (leaf.field->kind == Kind::Structs) element(*leaf.field->structure);
        }
    }
    void message(const StructType &type)
    {
        if (!type.varies()) return;
        elements(type);
        emit_take(w, type);
        emit_fits(w, type);
        emit_vary(w, type);
    }
};

void emit_packed_cap(Writer &w, const Leaf &cap, const Packing &to)
{
    std::string member = to.fields + "->" + cap.path, index = number(cap.word);
    std::string send = "codec_send_cap(buffer, " + index + ", &" + member + ");";
    if (!cap.field->optional) {
        w.line(1, send);
        return;
    }
    w.line(1, "if (" + member + ".slot != 0) {");
    w.line(2, "if (caps++ != " + index + ") return " + to.otherwise + ";");
    w.line(2, send);
    w.line(1, "}");
}

} // namespace

Packed emit_packed(Writer &w, const StructType &type, const Packing &to)
{
    Packed packed = {number(type.fixed_words), number(type.caps.size())};
    if (type.varies()) {
        w.line(1, "if (!fits_" + type.tag + "(" + to.fields + ")) return " + to.otherwise + ";");
    }
    for (const auto &leaf : type.leaves) {
        w.line(1, word_at(to.words, "buffer", leaf.word) + " = " +
                      word_of(*leaf.field, to.fields + "->" + leaf.path) + ";");
    }
    if (type.varies()) {
        w.line(1, "struct codec_out o = {" + to.message + ", buffer, " + packed.length + "};");
        w.line(1, "vary_" + type.tag + "(&o, " + to.fields + ");");
        packed.length = "o.at";
    }
    if (type.optional_caps != 0) {
        w.line(1, "uint32_t caps = " + number(type.caps_least()) + ";");
        packed.caps = "caps";
    }
    for (const auto &cap : type.caps) {
        emit_packed_cap(w, cap, to);
    }
    return packed;
}

void emit_coders(Writer &w, const File &file)
{
    Emitter emitter{w, {}};
    for (const auto &interface : file.interfaces) {
        for (const auto &method : interface.methods) {
            emitter.message(method.in);
            emitter.message(method.out);
        }
    }
}

} // namespace idl

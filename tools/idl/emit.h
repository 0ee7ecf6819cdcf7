// emit.h - the generated files, as text.
#pragma once
#include <functional>

#include "model.h"
#include "writer.h"

namespace idl
{

std::string emit_header(const File &file);
std::string emit_code(const File &file);
std::string emit_trace_code(const std::vector<File> &files);
std::string emit_reference(const std::vector<File> &files);

// Shared by the emitters.
std::string signature_call(const Method &method);   // of the client's function
std::string signature_answer(const Method &method); // of the late answer
bool is_plain(const Method &method); // no capability, text, data or list in it: all inline
// Body of the client's function, without the braces.
void emit_call_once(Writer &w, const Method &method);
void emit_call_body(Writer &w, const Interface &interface, const Method &method);
// The server's function of a method, and the dispatch of an interface.
std::string signature_serve(const Interface &interface, const Method &method);
void emit_pack(Writer &w, const StructType &out);
void emit_serve(Writer &w, const Interface &interface, const Method &method);
void emit_dispatch(Writer &w, const Interface &interface);
// Puts the fields of a structure into a message.
struct Packing {
    std::string words, message; // C: before a register's name, and the message's address
    std::string fields,
        otherwise; // C: the structure's name; what is returned where it does not fit
};
struct Packed {
    std::string length, caps; // C: of the message
};
Packed emit_packed(Writer &w, const StructType &type, const Packing &to);
// Static functions that read and write each structure with a varying part.
void emit_coders(Writer &w, const File &file);
// Refuses a word that no value of the leaf's type has. `word` is a C expression.
void emit_check(Writer &w, int depth, const Leaf &leaf, const std::string &word);
// The same for all words of a fixed part. Widths come first, all at once: bits beyond the width of
// several words are those of their union.
using WordName = std::function<std::string(uint32_t)>;
void emit_checks(Writer &w, int depth, const StructType &type, const WordName &word);
// The C expression that makes the member's value of a checked word, and the reverse.
std::string value_of(const Field &field, const std::string &word);
std::string word_of(const Field &field, const std::string &member);
// The C expression for word `index` of a message in registers and `buffer`.
std::string word_at(const std::string &m, const std::string &buffer, uint32_t index);

} // namespace idl

// model.h - an interface file as the emitters see it: checked, with C names and word counts.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace idl
{

constexpr uint32_t words_max = 512;
constexpr uint32_t registers = 8;
constexpr uint32_t caps_max = 4;
constexpr uint32_t errors_from = 64; // ERR_INTERFACE of kernel/abi/error.h

enum class Kind { Unsigned, Signed, Bool, Enum, Text, Data, Words, Structs, Struct, Cap };

struct EnumType {
    std::string display; // Stat.Kind
    std::string tag;     // vfs_stat_kind
    std::string doc;
    std::vector<std::string> names; // as in the schema
    std::vector<std::string> docs;
};

struct StructType;

struct Field {
    std::string name;   // as in the schema
    std::string member; // in C
    std::string doc;
    Kind kind = Kind::Unsigned;
    unsigned bits = 64; // Unsigned, Signed; of an element for Words
    bool ranged = false;
    std::string lowest, highest; // decimal, when ranged
    uint32_t max = 0;            // Text, Data, Words, Structs
    bool optional = false;       // Cap
    std::string interface;       // Cap: name of the interface, empty for any capability
    std::shared_ptr<EnumType> enumeration;
    std::shared_ptr<StructType> structure; // Struct, Structs
};

// A value of a message, nested structures taken apart.
struct Leaf {
    std::string path; // C: "info.pages_max"
    std::string name; // schema: "info.pagesMax"
    std::shared_ptr<const Field> field;
    uint32_t word; // index in the fixed part; for Cap the index of the capability
};

struct StructType {
    std::string display; // Stat, or Directory.open
    std::string tag;     // vfs_stat, or directory_open_in
    std::string doc;
    std::vector<Field> fields;
    std::vector<Leaf> leaves; // without capabilities
    std::vector<Leaf> caps;
    uint32_t fixed_words = 0, max_words = 0, optional_caps = 0;

    bool empty() const
    {
        return fields.empty();
    }
    bool varies() const
    {
        return max_words != fixed_words;
    }
    uint32_t caps_least() const
    {
        return uint32_t(caps.size()) - optional_caps;
    }
};

struct Method {
    std::string name, member, function, constant, doc;
    unsigned ordinal = 0;
    StructType in, out;
    std::vector<std::string> errors;
    std::string needs;
    bool is_volatile = false;
    bool is_once = false;
};

struct Interface {
    std::string name, prefix, upper, doc; // Directory, directory, DIRECTORY
    uint64_t id = 0;
    std::vector<Method> methods;
    std::shared_ptr<EnumType> errors; // may be absent
};

struct File {
    std::string path, base, doc;       // idl/vfs.capnp, vfs
    std::vector<std::string> includes; // base names of files whose types this one uses
    std::vector<std::shared_ptr<EnumType>> enums;
    std::vector<std::shared_ptr<StructType>> structs; // a used one before its user
    std::vector<Interface> interfaces;

    bool empty() const
    {
        return enums.empty() && structs.empty() && interfaces.empty();
    }
};

std::string snake(const std::string &camel);
std::string upper(const std::string &camel);       // of the snake form
std::string member_name(const std::string &camel); // no C keyword

} // namespace idl

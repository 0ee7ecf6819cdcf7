// loader.h - what load.cpp and load_fields.cpp share: the compiler's nodes and the faults found.
#pragma once
#include "load.h"

#include <map>
#include <set>

namespace idl
{

namespace schema = capnp::schema;

// Ids of the annotations in idl/wl.capnp.
enum : uint64_t {
    ANNOTATION_MAX = 0x9a09ddae87bd8435,
    ANNOTATION_RANGE = 0xaef7f802ca13df4c,
    ANNOTATION_ERRORS = 0xbe545ba7cc9245f1,
    ANNOTATION_NEEDS = 0xfc68dab3caae7bef,
    ANNOTATION_OPTIONAL = 0x80974d06caded0e3,
    ANNOTATION_VOLATILE = 0xb669b43899e1fe22,
    ANNOTATION_ONCE = 0xa1c5b2f0d3e47896,
};

class Loader
{
  public:
    explicit Loader(schema::CodeGeneratorRequest::Reader request);
    Loaded run();

  private:
    using Node = schema::Node::Reader;

    struct Scope { // where a node stands: its file, and the names from there
        std::string file, path;
        std::vector<std::string> interfaces, others; // names, outermost first
    };

    void fault(const std::string &where, const std::string &what);
    Scope scope_of(uint64_t id);
    std::string type_tag(uint64_t id);
    std::string type_display(uint64_t id);
    std::string doc_of(uint64_t id, int member = -1);
    void load_file(uint64_t id, const std::string &path);
    void load_types(uint64_t id);
    void load_interface(uint64_t id);
    Method load_method(const Interface &owner, Node node, uint32_t index);
    void check_once(const std::string &where, const Method &method);
    void load_method_annotations(const Interface &owner, schema::Method::Reader from, Method &to);
    std::shared_ptr<EnumType> load_enum(uint64_t id);
    std::shared_ptr<StructType> load_struct(uint64_t id);
    void load_fields(Node node, const std::string &where, StructType &to);
    void load_type(schema::Type::Reader type, const std::string &where, Field &to);
    void load_list(schema::Type::Reader element, const std::string &where, Field &to);
    void load_field_annotations(schema::Field::Reader from, const std::string &where, Field &to);
    void note_use(uint64_t id);

    schema::CodeGeneratorRequest::Reader request_;
    std::map<uint64_t, Node> nodes_;
    std::map<uint64_t, schema::Node::SourceInfo::Reader> docs_;
    std::map<uint64_t, std::shared_ptr<EnumType>> enums_;
    std::map<uint64_t, std::shared_ptr<StructType>> structs_;
    std::set<uint64_t> loading_; // structs being loaded, to find a cycle
    File *file_ = nullptr;
    Loaded loaded_;
};

} // namespace idl

// load.cpp - reads the compiler's nodes. What our messages cannot carry is refused here, and
// nowhere later: the emitters trust the model.
#include "load.h"

#include "layout.h"

#include <algorithm>
#include <map>
#include <set>

namespace idl {
namespace {

namespace schema = capnp::schema;

// Ids of the annotations in idl/wl.capnp.
enum : uint64_t {
    ANNOTATION_MAX = 0x9a09ddae87bd8435,
    ANNOTATION_RANGE = 0xaef7f802ca13df4c,
    ANNOTATION_ERRORS = 0xbe545ba7cc9245f1,
    ANNOTATION_NEEDS = 0xfc68dab3caae7bef,
    ANNOTATION_OPTIONAL = 0x80974d06caded0e3,
    ANNOTATION_VOLATILE = 0xb669b43899e1fe22,
};

class Loader {
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

std::string base_name(const std::string &path)
{
    size_t slash = path.rfind('/');
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    size_t dot = name.rfind('.');
    return dot == std::string::npos ? name : name.substr(0, dot);
}

Loader::Loader(schema::CodeGeneratorRequest::Reader request) : request_(request)
{
    for (auto node : request.getNodes()) {
        nodes_.emplace(node.getId(), node);
    }
    for (auto info : request.getSourceInfo()) {
        docs_.emplace(info.getId(), info);
    }
}

void Loader::fault(const std::string &where, const std::string &what)
{
    loaded_.faults.push_back(file_->path + ": " + where + ": " + what);
}

Loader::Scope Loader::scope_of(uint64_t id)
{
    Scope scope;
    while (id != 0 && nodes_.count(id) != 0) {
        Node node = nodes_.at(id);
        if (node.isFile()) {
            scope.path = node.getDisplayName().cStr();
            scope.file = base_name(scope.path);
            break;
        }
        std::string name = node.getDisplayName().cStr() + node.getDisplayNamePrefixLength();
        auto &names = node.isInterface() ? scope.interfaces : scope.others;
        names.insert(names.begin(), name);
        id = node.getScopeId();
    }
    return scope;
}

// Types are named after their file, not after an interface around them.
std::string Loader::type_tag(uint64_t id)
{
    Scope scope = scope_of(id);
    std::string tag = snake(scope.file);
    for (const auto &name : scope.others) {
        tag += "_" + snake(name);
    }
    return tag;
}

std::string Loader::type_display(uint64_t id)
{
    std::string name = nodes_.at(id).getDisplayName().cStr();
    size_t colon = name.rfind(':');
    return colon == std::string::npos ? name : name.substr(colon + 1);
}

std::string Loader::doc_of(uint64_t id, int member)
{
    auto found = docs_.find(id);
    if (found == docs_.end()) return "";
    std::string doc;
    if (member < 0) {
        doc = found->second.getDocComment().cStr();
    } else if (unsigned(member) < found->second.getMembers().size()) {
        doc = found->second.getMembers()[unsigned(member)].getDocComment().cStr();
    }
    while (!doc.empty() && (doc.back() == '\n' || doc.back() == ' ')) {
        doc.pop_back();
    }
    return doc;
}

void Loader::note_use(uint64_t id)
{
    std::string file = scope_of(id).file;
    if (file == file_->base) return;
    auto &includes = file_->includes;
    if (std::find(includes.begin(), includes.end(), file) == includes.end()) {
        includes.push_back(file);
    }
}

std::shared_ptr<EnumType> Loader::load_enum(uint64_t id)
{
    auto found = enums_.find(id);
    if (found != enums_.end()) return found->second;
    auto type = std::make_shared<EnumType>();
    type->display = type_display(id);
    type->tag = type_tag(id);
    type->doc = doc_of(id);
    int index = 0;
    for (auto enumerant : nodes_.at(id).getEnum().getEnumerants()) {
        type->names.push_back(enumerant.getName().cStr());
        type->docs.push_back(doc_of(id, index++));
    }
    enums_[id] = type;
    return type;
}

std::shared_ptr<StructType> Loader::load_struct(uint64_t id)
{
    auto found = structs_.find(id);
    if (found != structs_.end()) return found->second;
    auto type = std::make_shared<StructType>();
    type->display = type_display(id);
    type->tag = type_tag(id);
    type->doc = doc_of(id);
    if (!loading_.insert(id).second) {
        fault(type->display, "contains itself");
        return type;
    }
    load_fields(nodes_.at(id), type->display, *type);
    loading_.erase(id);
    if (type->empty()) fault(type->display, "has no fields");
    if (!type->caps.empty()) fault(type->display, "capabilities can be parameters only");
    structs_[id] = type;
    return type;
}

void Loader::load_fields(Node node, const std::string &where, StructType &to)
{
    auto structure = node.getStruct();
    if (structure.getDiscriminantCount() != 0) fault(where, "unions are not supported");
    std::vector<Field> fields;
    unsigned index = 0;
    for (auto from : structure.getFields()) {
        Field field;
        field.name = from.getName().cStr();
        field.member = member_name(field.name);
        field.doc = doc_of(node.getId(), int(index));
        std::string place = where + "." + field.name;
        if (from.getCodeOrder() != index++) fault(place, "is not declared in ordinal order");
        if (!from.isSlot()) {
            fault(place, "groups are not supported");
            continue;
        }
        if (from.getSlot().getHadExplicitDefault()) fault(place, "defaults are not supported");
        load_type(from.getSlot().getType(), place, field);
        load_field_annotations(from, place, field);
        fields.push_back(field);
    }
    to.fields = fields;
    for (const auto &problem : lay_out(to)) {
        fault(where, problem);
    }
}

void Loader::load_type(schema::Type::Reader type, const std::string &where, Field &to)
{
    auto number = [&](Kind kind, unsigned bits) {
        to.kind = kind;
        to.bits = bits;
    };
    switch (type.which()) {
    case schema::Type::BOOL: return number(Kind::Bool, 1);
    case schema::Type::INT8: return number(Kind::Signed, 8);
    case schema::Type::INT16: return number(Kind::Signed, 16);
    case schema::Type::INT32: return number(Kind::Signed, 32);
    case schema::Type::INT64: return number(Kind::Signed, 64);
    case schema::Type::UINT8: return number(Kind::Unsigned, 8);
    case schema::Type::UINT16: return number(Kind::Unsigned, 16);
    case schema::Type::UINT32: return number(Kind::Unsigned, 32);
    case schema::Type::UINT64: return number(Kind::Unsigned, 64);
    case schema::Type::TEXT: return number(Kind::Text, 8);
    case schema::Type::DATA: return number(Kind::Data, 8);
    case schema::Type::LIST: return load_list(type.getList().getElementType(), where, to);
    case schema::Type::ENUM:
        to.kind = Kind::Enum;
        to.enumeration = load_enum(type.getEnum().getTypeId());
        return note_use(type.getEnum().getTypeId());
    case schema::Type::STRUCT:
        to.kind = Kind::Struct;
        to.structure = load_struct(type.getStruct().getTypeId());
        return note_use(type.getStruct().getTypeId());
    case schema::Type::INTERFACE:
        to.kind = Kind::Cap;
        to.interface = type_display(type.getInterface().getTypeId());
        return;
    case schema::Type::ANY_POINTER:
        to.kind = Kind::Cap;
        if (!type.getAnyPointer().isUnconstrained() ||
            !type.getAnyPointer().getUnconstrained().isCapability()) {
            fault(where, "AnyPointer and generics are not supported");
        }
        return;
    case schema::Type::VOID:
    case schema::Type::FLOAT32:
    case schema::Type::FLOAT64: break;
    }
    fault(where, "this type is not supported");
}

void Loader::load_list(schema::Type::Reader element, const std::string &where, Field &to)
{
    Field inner;
    load_type(element, where, inner);
    if (inner.kind == Kind::Unsigned) {
        to.kind = Kind::Words;
        to.bits = inner.bits;
    } else if (inner.kind == Kind::Struct) {
        to.kind = Kind::Structs;
        to.structure = inner.structure;
    } else {
        to.kind = Kind::Words;
        fault(where, "lists are of unsigned integers or of structs");
    }
}

void Loader::load_field_annotations(schema::Field::Reader from, const std::string &where,
                                    Field &to)
{
    bool has_max = false;
    for (auto annotation : from.getAnnotations()) {
        switch (annotation.getId()) {
        case ANNOTATION_MAX:
            has_max = true;
            to.max = annotation.getValue().getUint32();
            break;
        case ANNOTATION_RANGE: {
            std::string problem = set_range(annotation.getValue().getText().cStr(), to);
            if (!problem.empty()) fault(where, problem);
            break;
        }
        case ANNOTATION_OPTIONAL:
            to.optional = true;
            if (to.kind != Kind::Cap) fault(where, "only a capability is optional");
            break;
        default: fault(where, "unknown annotation");
        }
    }
    bool needs_max = to.kind == Kind::Text || to.kind == Kind::Data || to.kind == Kind::Words ||
                     to.kind == Kind::Structs;
    if (needs_max && !has_max) fault(where, "needs $Wl.max");
    if (!needs_max && has_max) fault(where, "$Wl.max is for Text, Data and List");
    if (needs_max && has_max && to.max == 0) fault(where, "$Wl.max is 0");
}

Method Loader::load_method(const Interface &owner, Node node, uint32_t index)
{
    auto from = node.getInterface().getMethods()[index];
    Method method;
    method.name = from.getName().cStr();
    method.ordinal = index;
    method.member = member_name(method.name);
    method.function = owner.prefix + "_" + snake(method.name);
    method.constant = owner.upper + "_" + upper(method.name);
    method.doc = doc_of(node.getId(), int(index));

    std::string where = owner.name + "." + method.name;
    if (from.getImplicitParameters().size() != 0) fault(where, "generics are not supported");
    method.in.display = where;
    method.in.tag = method.function + "_in";
    method.out.display = where;
    method.out.tag = method.function + "_out";
    load_fields(nodes_.at(from.getParamStructType()), where, method.in);
    load_fields(nodes_.at(from.getResultStructType()), where + " ->", method.out);
    load_method_annotations(owner, from, method);
    return method;
}

void Loader::load_method_annotations(const Interface &owner, schema::Method::Reader from,
                                     Method &to)
{
    std::string where = owner.name + "." + to.name;
    for (auto annotation : from.getAnnotations()) {
        switch (annotation.getId()) {
        case ANNOTATION_ERRORS:
            for (auto text : annotation.getValue().getList().getAs<capnp::List<capnp::Text>>()) {
                std::string name = text.cStr();
                if (owner.errors == nullptr ||
                    std::find(owner.errors->names.begin(), owner.errors->names.end(), name) ==
                        owner.errors->names.end()) {
                    fault(where, "error '" + name + "' is not in " + owner.name + ".Error");
                }
                if (std::find(to.errors.begin(), to.errors.end(), name) != to.errors.end()) {
                    fault(where, "error '" + name + "' twice");
                }
                to.errors.push_back(name);
            }
            break;
        case ANNOTATION_NEEDS:
            to.needs = annotation.getValue().getText().cStr();
            if (to.needs != "grant") fault(where, "$Wl.needs is \"grant\" or absent");
            break;
        case ANNOTATION_VOLATILE: to.is_volatile = true; break;
        default: fault(where, "unknown annotation");
        }
    }
}

void Loader::load_interface(uint64_t id)
{
    Node node = nodes_.at(id);
    Interface interface;
    interface.name = type_display(id);
    interface.prefix = snake(interface.name);
    interface.upper = upper(interface.name);
    interface.id = id;
    interface.doc = doc_of(id);
    if (interface.name.find('.') != std::string::npos) {
        fault(interface.name, "an interface stands at the top level of its file");
    }
    if (node.getIsGeneric()) fault(interface.name, "generics are not supported");
    if (node.getInterface().getSuperclasses().size() != 0) {
        fault(interface.name, "inheritance is not supported");
    }
    for (auto nested : node.getNestedNodes()) {
        if (nodes_.at(nested.getId()).isEnum() && nested.getName() == "Error") {
            interface.errors = load_enum(nested.getId());
            interface.errors->tag = interface.prefix + "_error";
        }
    }
    unsigned ordinal = 0;
    for (auto method : node.getInterface().getMethods()) {
        if (method.getCodeOrder() != ordinal) {
            fault(interface.name + "." + method.getName().cStr(),
                  "is not declared in ordinal order");
        }
        interface.methods.push_back(load_method(interface, node, ordinal++));
    }
    file_->interfaces.push_back(std::move(interface));
}

// All structs and enums below the node; a struct after those that it contains.
void Loader::load_types(uint64_t id)
{
    auto add_struct = [this](const std::shared_ptr<StructType> &type, auto &&self) -> void {
        auto &all = file_->structs;
        if (std::find(all.begin(), all.end(), type) != all.end()) return;
        for (const auto &field : type->fields) {
            bool own = field.structure != nullptr &&
                       field.structure->tag.rfind(snake(file_->base) + "_", 0) == 0;
            if (own) self(field.structure, self);
        }
        all.push_back(type);
    };
    for (auto nested : nodes_.at(id).getNestedNodes()) {
        auto found = nodes_.find(nested.getId());
        if (found == nodes_.end()) continue;
        Node node = found->second;
        bool is_error = node.isEnum() && nested.getName() == "Error" && nodes_.at(id).isInterface();
        if (node.isEnum() && !is_error) file_->enums.push_back(load_enum(node.getId()));
        if (node.isStruct()) add_struct(load_struct(node.getId()), add_struct);
        if (node.isStruct() || node.isInterface()) load_types(node.getId());
        if (node.isConst()) fault(type_display(node.getId()), "constants are not supported");
    }
}

void Loader::load_file(uint64_t id, const std::string &path)
{
    loaded_.files.emplace_back();
    file_ = &loaded_.files.back();
    file_->path = path;
    file_->base = base_name(path);
    file_->doc = doc_of(id);
    load_types(id);
    for (auto nested : nodes_.at(id).getNestedNodes()) {
        auto found = nodes_.find(nested.getId());
        if (found != nodes_.end() && found->second.isInterface()) load_interface(nested.getId());
    }
}

Loaded Loader::run()
{
    std::map<std::string, uint64_t> paths;
    for (auto file : request_.getRequestedFiles()) {
        paths[file.getFilename().cStr()] = file.getId();
    }
    loaded_.files.reserve(paths.size());
    for (const auto &[path, id] : paths) {
        load_file(id, path);
    }
    return std::move(loaded_);
}

} // namespace

Loaded load(capnp::schema::CodeGeneratorRequest::Reader request)
{
    return Loader(request).run();
}

} // namespace idl

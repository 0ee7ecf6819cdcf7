// load.cpp - reads the compiler's nodes. What our messages cannot carry is refused here, and
// nowhere later: the emitters trust the model.
#include "loader.h"

#include <algorithm>

namespace idl
{
namespace
{

std::string base_name(const std::string &path)
{
    size_t slash = path.rfind('/');
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    size_t dot = name.rfind('.');
    return dot == std::string::npos ? name : name.substr(0, dot);
}

} // namespace

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

// What the stream keeps of an outcome: a few words and a capability.
void Loader::check_once(const std::string &where, const Method &method)
{
    const auto &fields = method.in.fields;
    bool has_number = !fields.empty() && fields.back().name == "request" &&
                      fields.back().kind == Kind::Unsigned && fields.back().bits == 64;
    if (!has_number) fault(where, "$Wl.once needs `request :UInt64` as the last parameter");
    if (method.out.varies() || method.out.max_words > 4 || method.out.caps.size() > 1) {
        fault(where, "$Wl.once: the answer has more than 4 words or one capability");
    }
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
        case ANNOTATION_VOLATILE:
            to.is_volatile = true;
            break;
        case ANNOTATION_ONCE:
            to.is_once = true;
            check_once(where, to);
            break;
        default:
            fault(where, "unknown annotation");
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
        if (node.isInterface() && !nodes_.at(id).isFile()) {
            fault(type_display(node.getId()), "an interface stands at the top level of its file");
        }
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

Loaded load(capnp::schema::CodeGeneratorRequest::Reader request)
{
    return Loader(request).run();
}

} // namespace idl

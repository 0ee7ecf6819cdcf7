// load_fields.cpp - the fields of structures and parameter lists, their types and annotations.
#include "layout.h"
#include "loader.h"

namespace idl
{

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
    case schema::Type::BOOL:
        return number(Kind::Bool, 1);
    case schema::Type::INT8:
        return number(Kind::Signed, 8);
    case schema::Type::INT16:
        return number(Kind::Signed, 16);
    case schema::Type::INT32:
        return number(Kind::Signed, 32);
    case schema::Type::INT64:
        return number(Kind::Signed, 64);
    case schema::Type::UINT8:
        return number(Kind::Unsigned, 8);
    case schema::Type::UINT16:
        return number(Kind::Unsigned, 16);
    case schema::Type::UINT32:
        return number(Kind::Unsigned, 32);
    case schema::Type::UINT64:
        return number(Kind::Unsigned, 64);
    case schema::Type::TEXT:
        return number(Kind::Text, 8);
    case schema::Type::DATA:
        return number(Kind::Data, 8);
    case schema::Type::LIST:
        return load_list(type.getList().getElementType(), where, to);
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
    case schema::Type::FLOAT64:
        break;
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

void Loader::load_field_annotations(schema::Field::Reader from, const std::string &where, Field &to)
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
        default:
            fault(where, "unknown annotation");
        }
    }
    bool needs_max = to.kind == Kind::Text || to.kind == Kind::Data || to.kind == Kind::Words ||
                     to.kind == Kind::Structs;
    if (needs_max && !has_max) fault(where, "needs $Wl.max");
    if (!needs_max && has_max) fault(where, "$Wl.max is for Text, Data and List");
    if (needs_max && has_max && to.max == 0) fault(where, "$Wl.max is 0");
}

} // namespace idl

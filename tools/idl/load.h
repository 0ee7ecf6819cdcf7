// load.h - from the compiler's request to checked files.
#pragma once
#include "model.h"

#include <capnp/schema.capnp.h>

namespace idl
{

// Every fault found, one line each: "idl/vfs.capnp: Directory.open: ...". Empty: all is well.
struct Loaded {
    std::vector<File> files; // in the order of their paths
    std::vector<std::string> faults;
};

Loaded load(capnp::schema::CodeGeneratorRequest::Reader request);

} // namespace idl

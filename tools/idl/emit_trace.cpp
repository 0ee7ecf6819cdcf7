#include "emit.h"
namespace idl { std::string emit_trace_code(const std::vector<File> &) { return ""; }
std::string emit_reference(const std::vector<File> &) { return ""; } }

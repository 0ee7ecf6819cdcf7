// layout.h - where each value of a structure stands in a message, and whether it fits.
#pragma once
#include "model.h"

namespace idl
{

// Fills leaves, caps and word counts from the fields. The problems found.
std::vector<std::string> lay_out(StructType &type);

// Takes "lowest..highest" into the field. The problem found, or nothing.
std::string set_range(const std::string &text, Field &field);

// The C identifiers of all files: those that two things would share.
std::vector<std::string> name_clashes(const std::vector<File> &files);

} // namespace idl

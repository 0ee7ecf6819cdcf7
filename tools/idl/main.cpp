// main.cpp - the plugin: `capnp compile -oPATH/capnpc-wl:OUT idl/*.capnp` writes OUT/idl/NAME.h,
// OUT/idl/NAME.c, OUT/idl/trace.c and OUT/idl/REFERENCE.md. Nothing is written when something is
// wrong.
#include "emit.h"
#include "layout.h"
#include "load.h"

#include <capnp/serialize.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace
{

// A file that is right already keeps its time, so that nothing is built again for it.
bool write_file(const std::filesystem::path &path, const std::string &text)
{
    std::ifstream old(path, std::ios::binary);
    std::string before{std::istreambuf_iterator<char>(old), std::istreambuf_iterator<char>()};
    if (old && before == text) return true;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) std::fprintf(stderr, "capnpc-wl: cannot write %s\n", path.c_str());
    return bool(out);
}

int run()
{
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 1 << 26;
    capnp::StreamFdMessageReader reader(STDIN_FILENO, options);
    idl::Loaded loaded = idl::load(reader.getRoot<capnp::schema::CodeGeneratorRequest>());
    auto faults = loaded.faults;
    for (const auto &clash : idl::name_clashes(loaded.files)) {
        faults.push_back(clash);
    }
    for (const auto &fault : faults) {
        std::fprintf(stderr, "%s\n", fault.c_str());
    }
    if (!faults.empty() || loaded.files.empty()) return 1;

    bool ok = true;
    std::filesystem::path folder;
    for (const auto &file : loaded.files) {
        std::filesystem::path path = file.path;
        folder = path.parent_path();
        if (file.empty()) continue;
        ok = write_file(path.replace_extension(".h"), idl::emit_header(file)) && ok;
        ok = write_file(path.replace_extension(".c"), idl::emit_code(file)) && ok;
    }
    ok = write_file(folder / "trace.c", idl::emit_trace_code(loaded.files)) && ok;
    ok = write_file(folder / "REFERENCE.md", idl::emit_reference(loaded.files)) && ok;
    return ok ? 0 : 1;
}

} // namespace

int main()
{
    try {
        return run();
    } catch (const std::exception &e) {
        std::fprintf(stderr, "capnpc-wl: %s\n", e.what());
    } catch (const kj::Exception &e) {
        std::fprintf(stderr, "capnpc-wl: %s\n", e.getDescription().cStr());
    }
    return 1;
}

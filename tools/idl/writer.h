// writer.h - lines of generated text.
#pragma once
#include <string>

namespace idl
{

struct Writer {
    std::string text;

    void line(const std::string &content = "")
    {
        text += content + "\n";
    }
    void line(int depth, const std::string &content)
    {
        text += std::string(size_t(depth) * 4, ' ') + content + "\n";
    }
};

inline std::string number(uint64_t value)
{
    return std::to_string(value);
}

} // namespace idl

@0x85baf27165b93a64;
# wl.capnp - the annotations that Cap'n Proto's schema language lacks. See README.md for the layout.

annotation max @0x9a09ddae87bd8435 (field, param) :UInt32;
# Longest accepted length: bytes of a Text or Data, elements of a List. Required on each of them.

annotation range @0xaef7f802ca13df4c (field, param) :Text;
# "lowest..highest", inclusive, of an integer.

annotation errors @0xbe545ba7cc9245f1 (method) :List(Text);
# Names of the interface's `Error` enum that this method may answer, beside the kernel's errors.

annotation needs @0xfc68dab3caae7bef (method) :Text;
# Right of the capability that the method needs beside WRITE: "grant", or nothing.

annotation optional @0x80974d06caded0e3 (field, param) :Void;
# A capability that may be absent. All optional ones stand last.

annotation once @0xa1c5b2f0d3e47896 (method) :Void;
# Done at most once, however often it is asked for: the stub adds a number, and repeats a call that was
# cut off; a server with a stream keeps the outcome.

annotation volatile @0xb669b43899e1fe22 (method) :Void;
# The answer does not wait for durability.

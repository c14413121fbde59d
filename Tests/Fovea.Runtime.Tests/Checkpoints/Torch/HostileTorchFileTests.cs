using System.Diagnostics;
using System.IO.Compression;

namespace Fovea.Tests.Checkpoints.Torch;

/// <summary>
/// Files that are damaged or mean harm: each is refused by the reader's own exception, which says what and where, in bounded time and
/// memory, and changes nothing.
/// </summary>
public sealed class HostileTorchFileTests : IDisposable
{
    private const long MaxBytes = 200L << 20;
    private static readonly PyStorage Six = PyStorage.Of("0", 1, 2, 3, 4, 5, 6);
    private readonly ToyDetector detector = ToyDetector.Create(6);

    public void Dispose() => detector.Dispose();

    [Fact]
    public void Every_file_that_is_cut_off_is_refused()
    {
        foreach (var isLegacy in new[] { false, true })
        {
            var state = new PyDict { IsOrdered = true };
            state.Add("a", TorchFileWriter.Tensor(Six, [2, 3], isLegacy));
            var file = isLegacy ? TorchFileWriter.Legacy(state, [Six]) : TorchFileWriter.Zip(state, [Six]);
            for (var length = 0; length < file.Length; length++)
            {
                Refused(file[..length], "");
            }
        }
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("torch", "load")]
    [InlineData("torch", "UntypedStorage")]
    [InlineData("torch._utils", "_rebuild_tensor_v2.__globals__")]
    [InlineData("torch._utils", "_rebuild_qtensor")]
    [InlineData("collections", "defaultdict")]
    [InlineData("numpy.core.multiarray", "scalar")]
    public void Other_globals_are_refused_by_name(string module, string name)
    {
        var root = new PyDict { { "a", new PyCall(new PyGlobal(module, name), "touch x") } };
        foreach (var protocol in new[] { 2, 4 })
        {
            RefusedPickle(PickleWriter.Of(root, protocol), $"refuses \"{module}.{name}\"");
            Refused(TorchFileWriter.Legacy(root, [], protocol), $"refuses \"{module}.{name}\"");
        }
    }

    [Theory]
    [InlineData("800228694f730a73797374656d0a2e", "refuses Inst (0x69)")]
    [InlineData("80024b014b01812e", "refuses NewObj (0x81)")]
    [InlineData("80048c0161932e", "expected 2 values on the stack, found 1")]
    [InlineData("80055d972e", "refuses NextBuffer (0x97)")]
    [InlineData("8002560a2e", "refuses Unicode (0x56)")]
    [InlineData("8002ff2e", "expected an opcode, found 0xff")]
    [InlineData("80068f2e", "expected a pickle of protocol 2 to 5, found 6")]
    [InlineData("8001282e", "expected a pickle of protocol 2 to 5, found 1")]
    [InlineData("7d2e", "found no protocol")]
    [InlineData("800268072e", "expected a value in memo 7, found none")]
    [InlineData("80026affffffff2e", "expected a value in memo 4294967295, found none")]
    [InlineData("800271002e", "expected a value on the stack, found none")]
    [InlineData("80022e", "expected 1 values on the stack, found 0")]
    [InlineData("8002752e", "expected a mark on the stack")]
    [InlineData("80027d284b01752e", "a value for each key")]
    [InlineData("80025d284b01752e", "expected a dict on the stack")]
    [InlineData("80027d284b01652e", "expected a list on the stack")]
    [InlineData("80024e52", "expected a tuple of arguments")]
    [InlineData("80024e2952", "expected a global to call")]
    [InlineData("80024e512e", "expected a tuple as a persistent id")]
    [InlineData("800258ffffffff612e", "expected a text of 4294967295 bytes")]
    [InlineData("80048dffffffffffffffff612e", "expected a text of 18446744073709551615 bytes")]
    [InlineData("80025803000000eda0802e", "half of a surrogate pair")]
    [InlineData("80027d5803000000eda0804b01732e", "half of a surrogate pair")]
    [InlineData("80028aff01", "cut off")]
    [InlineData("80026374", "cut off")]
    [InlineData("80028a002e", "expected a dict of tensors")]
    public void Damaged_pickles_are_named_with_their_place(string hex, string expected)
    {
        var message = RefusedPickle(Convert.FromHexString(hex), expected);
        Assert.Contains("archive/data.pkl", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pickles_that_hold_themselves_end()
    {
        // d = {}; d["model"] = d
        RefusedPickle([0x80, 2, (byte)'}', (byte)'q', 0, (byte)'X', 5, 0, 0, 0, .. "model"u8, (byte)'h', 0, (byte)'s', (byte)'.'], "found the keys model");

        // d = OrderedDict(l) with l = [l]
        RefusedPickle([0x80, 2, .. "ccollections\nOrderedDict\n"u8, (byte)']', (byte)'q', 0, (byte)'h', 0, (byte)'a', 0x85, (byte)'R', (byte)'.'], "expected pairs");
    }

    [Fact]
    public void Pickles_of_many_opcodes_take_bounded_memory()
    {
        const int Count = 900_000;
        RefusedPickle([0x80, 2, .. Many('(', Count), (byte)'.'], "expected 1 values on the stack");
        RefusedPickle([0x80, 2, (byte)')', .. Many((char)0x85, Count), (byte)'.'], "expected a dict of tensors");
        RefusedPickle([0x80, 2, .. Many(']', Count / 2), .. Many('a', (Count / 2) - 1), (byte)'.'], "expected a dict of tensors");
        RefusedPickle([0x80, 2, (byte)'(', .. Many('N', Count), (byte)'t', (byte)'.'], "expected a dict of tensors");
        RefusedPickle([0x80, 2, (byte)'(', .. Many('}', Count), (byte)'t', (byte)'.'], "expected a dict of tensors");
        RefusedPickle([0x80, 4, (byte)'}', .. Many((char)0x94, Count), (byte)'.'], "found an empty one");
        RefusedPickle([0x80, 2, .. Many('N', 2_000_000), (byte)'.'], "expected at most 1000000 opcodes");
        RefusedPickle([0x80, 2, (byte)'X', 0, 0, 0, 1, .. new byte[1 << 24], (byte)'.'], "expected a text of 16777216 bytes");
    }

    [Fact]
    public void Long_names_that_recur_cost_no_time()
    {
        // One name of 8 MB, 100 000 times: as a key, as a storage's key, and as the name of a global.
        byte[] name = [(byte)'X', .. BitConverter.GetBytes(8_000_000), .. Many('a', 8_000_000), (byte)'q', 0];
        var entries = Enumerable.Repeat<byte[]>([(byte)'h', 0, (byte)'N'], 100_000).SelectMany(b => b);
        RefusedPickle([0x80, 2, (byte)'}', (byte)'(', .. name, (byte)'N', .. entries, (byte)'u', (byte)'.'], "found the keys aaaa");
        RefusedPickle([0x80, 4, .. name, (byte)'h', 0, 0x93, (byte)'.'], "refuses \"aaaa");
        var storage = Six with { Key = new string('a', 8_000_000) };
        RefusedPickle(PickleWriter.Of(new PyDict { { "a", TorchFileWriter.Tensor(storage, [6]) } }), "storage \"aaaa");
        var tensor = TorchFileWriter.Tensor(Six, [6]);
        Refused(TorchFileWriter.Zip(new PyDict { { new string('n', 501), tensor } }, [Six]), "names of at most 500 characters");
        Refused(TorchFileWriter.Zip(new PyDict { { 7, tensor } }, [Six]), "found another key");
    }

    [Fact]
    public void Tensors_that_do_not_lie_in_their_storage_are_refused()
    {
        Tensor(0, [7], [1], "[7] ends at element 6 of a storage (\"0\") of 6");
        Tensor(1, [6], [1], "ends at element 6");
        Tensor(0, [2, 2], [5, 1], "ends at element 6");
        Tensor(-1, [1], [1], "an offset of a tensor from 0 to 9223372036854775807, found -1");
        Tensor(5, [2], [-1], "strides of a tensor from 0 to 9223372036854775807, found -1");
        Tensor(0, [-1], [1], "dimensions of a tensor from 0 to 2147483647, found -1");
        Tensor(0, [1L << 31], [0], "found 2147483648");
        Tensor(0, [2], [long.MaxValue], "ends at element 9223372036854775807");
        Tensor(long.MaxValue, [2, 2], [long.MaxValue, long.MaxValue], "ends at element 27670116110564327421");
        Tensor(0, [int.MaxValue, int.MaxValue, int.MaxValue], [0, 0, 0], "fits into memory");
        Tensor(0, [int.MaxValue, int.MaxValue, int.MaxValue, 0], [0, 0, 0, 0], "fits into memory");
        Tensor(0, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1], "at most 8 dimensions with a stride for each, found 9 and 9");
        Tensor(0, [1, 1], [1], "found 2 and 1");

        // As large as may be said, of a file of nothing: it fits no model, so that it is never read.
        Refused(TorchFileWriter.Zip(new PyDict { { "a", TorchFileWriter.Tensor(Six, 0, [int.MaxValue, 1 << 20], [0, 0]) } }, [Six]), "unexpected");

        void Tensor(long offset, long[] size, long[] strides, string expected) =>
            Refused(TorchFileWriter.Zip(new PyDict { { "a", TorchFileWriter.Tensor(Six, offset, size, strides) } }, [Six]), expected);
    }

    [Fact]
    public void Storages_that_are_others_than_they_say_are_refused()
    {
        var state = new PyDict { { "a", TorchFileWriter.Tensor(Six, [6]) } };
        Refused(TorchFileWriter.Zip(state, []), "the archive has no archive/data/0");
        Refused(TorchFileWriter.Zip(state, [Six with { Content = new byte[20] }]), "6 F32, 24 bytes, but archive/data/0 has 20");
        Refused(TorchFileWriter.Zip(state, [Six with { Content = new byte[28] }]), "has 28");
        Refused(TorchFileWriter.Zip(new PyDict { { "a", TorchFileWriter.Tensor(Six with { Key = "../../etc/passwd" }, [6]) } }, [Six]), "has no archive/data/../../etc/passwd");
        Refused(TorchFileWriter.Zip(new PyDict { { "a", TorchFileWriter.Tensor(Six, [6]) }, { "b", TorchFileWriter.Tensor(Six with { Kind = "IntStorage" }, [6]) } }, [Six]), "expected F32 of 6 elements as before, found I32 of 6");
        RefusedId("expected a length of 0 or more, found -1", "storage", new PyGlobal("torch", "FloatStorage"), "0", "cpu", -1);
        RefusedId("expected a length of 0 or more, found 4611686018427387904", "storage", new PyGlobal("torch", "FloatStorage"), "0", "cpu", 1L << 62);
        RefusedId("as a persistent id, found another", "storage", "torch.FloatStorage", "0", "cpu", 6);
        RefusedId("as a persistent id, found another", "storage");
        RefusedId("expected a state dict, found a whole module", "module", null, "file.py", "source");
        RefusedId("expected a view within its 6 elements, found 6 from 1 on", "storage", new PyGlobal("torch", "FloatStorage"), "0", "cpu", 6, new object?[] { "1", 1, 6 });
        RefusedId("expected a view within its 6 elements, found 2 from -1 on", "storage", new PyGlobal("torch", "FloatStorage"), "0", "cpu", 6, new object?[] { "1", -1, 2 });
        Refused(TorchFileWriter.Zip(new PyDict { { "a", new PyCall(new PyGlobal("torch._utils", "_rebuild_tensor_v2"), 1, 2) } }, [Six]), "Tensor: expected other arguments than the 2 found");

        void RefusedId(string expected, params object?[] id) => Refused(TorchFileWriter.Zip(new PyDict { { "a", new PyPersistent(id) } }, [Six]), expected);
    }

    [Fact]
    public void Old_files_whose_parts_disagree_are_refused()
    {
        var state = new PyDict { { "a", TorchFileWriter.Tensor(Six, [6], isLegacy: true) } };
        Refused(TorchFileWriter.Legacy(state, [Six], isLittleEndian: false), "little-endian machine");
        Refused(TorchFileWriter.Legacy(state, []), "storage \"0\": expected it in the list of storages, found none");
        Refused(TorchFileWriter.Legacy(state, [Six, Six]), "each key of the state dict once");
        Refused(TorchFileWriter.Legacy(state, [Six, PyStorage.Of("1", 1)]), "each key of the state dict once");
        Refused(TorchFileWriter.Legacy(state, [Six with { Content = new byte[20] }]), "storage \"0\": expected 6 elements, found 5");
        Refused(TorchFileWriter.Legacy(state, [Six])[..^1], "expected 24 bytes at");
        Refused([.. PickleWriter.Of(5), .. PickleWriter.Of(1001)], "torch.save's magic number");
        var large = new PyStorage("0", "FloatStorage", 4, []);
        var huge = new PyDict { { "a", new PyCall(new PyGlobal("torch._utils", "_rebuild_tensor_v2"), new PyPersistent("storage", new PyGlobal("torch", "FloatStorage"), "0", "cpu", 1L << 60, null), 0, new object?[] { 1 }, new object?[] { 1 }, false, null) } };
        Refused(TorchFileWriter.Legacy(huge, [large]), $"expected {1L << 60} elements, found 0");
    }

    [Fact]
    public void Archives_that_unpack_or_overlap_are_refused()
    {
        var pickle = PickleWriter.Of(new PyDict { { "a", TorchFileWriter.Tensor(Six, [6]) } });
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(new byte[10_000_000]);
        }

        Archive("x/data/0: expected an entry that is stored as it is, as torch.save stores them, found one that is compressed (method 8)", z => z.Add("x/data/0", packed.ToArray(), method: 8, size: 10_000_000));
        Archive("x/data/0: expected a place and one length", z => z.Add("x/data/0", Six.Content, size: 25));
        Archive("x/data/0: expected its header at byte 3, found none", z => z.Add("x/data/0", Six.Content, place: 3));
        Archive("expected a place of its own, found it within", z => z.Add("x/data/0", Six.Content, place: 0));
        Archive("found it at 4294967294", z => z.Add("x/data/0", Six.Content, place: uint.MaxValue - 1));
        Archive("x/data/0: expected each name once, found it twice", z =>
        {
            z.Add("x/data/0", Six.Content);
            z.Add("x/data/0", Six.Content);
        });
        foreach (var name in new[] { "../x", "/x", "x/../../y", "C:\\x", "x\0", "" })
        {
            Archive("expected names within the archive", z => z.Add(name, []));
        }

        Archive("one data.pkl in one folder of the archive, as torch.save makes it, found 2", z => z.Add("y/data.pkl", pickle));
        Archive("found \"big\"", z =>
        {
            z.Add("x/data/0", Six.Content);
            z.Add("x/byteorder", "big"u8.ToArray());
        });
        Archive("a TorchScript program", z => z.Add("x/constants.pkl", []));
        Refused(new StoredZip().ToArray(), "found 0 among 0 entries");
        var other = new StoredZip();
        other.Add("word/document.xml", []);
        Refused(other.ToArray(), "found 0 among 1 entries (word/document.xml)");

        void Archive(string expected, Action<StoredZip> add)
        {
            var zip = new StoredZip();
            zip.Add("x/data.pkl", pickle);
            add(zip);
            Refused(zip.ToArray(), expected);
        }
    }

    [Fact]
    public void Directories_that_are_not_where_they_are_said_to_be_are_refused()
    {
        var file = TorchFileWriter.Zip(new PyDict { { "a", TorchFileWriter.Tensor(Six, [6]) } }, [Six]);
        var end = file.Length - 22;
        Changed(end + 16, BitConverter.GetBytes(uint.MaxValue), "expected a zip directory");
        Changed(end + 16, BitConverter.GetBytes(3), "expected entry 0 of the zip directory");
        Changed(end + 12, BitConverter.GetBytes(20 << 20), "expected a zip directory of at most 16777216 bytes");
        Changed(end + 12, BitConverter.GetBytes(50), "entries in 50 bytes");
        Changed(end + 10, BitConverter.GetBytes(ushort.MaxValue), "found 65535 entries");
        Changed(end + 4, [1, 0], "found a part of several");
        Changed(end, "XX"u8.ToArray(), "expected the end of a zip archive's directory");
        Refused([.. file, 0], "expected the end of a zip archive's directory");

        void Changed(int at, byte[] bytes, string expected)
        {
            var changed = file.ToArray();
            bytes.CopyTo(changed, at);
            Refused(changed, expected);
        }
    }

    private static byte[] Many(char code, int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, (byte)code);
        return bytes;
    }

    private string RefusedPickle(byte[] pickle, string expected)
    {
        var zip = new StoredZip();
        zip.Add("archive/data.pkl", pickle);
        return Refused(zip.ToArray(), expected);
    }

    private string Refused(byte[] file, string expected)
    {
        var before = detector.ReadTensor("backbone.body.conv1.weight");
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(file, name: "toy.pth"));
        Assert.StartsWith("toy.pth: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 5000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, MaxBytes);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
        Assert.Equal(before, detector.ReadTensor("backbone.body.conv1.weight"));
        return error.Message;
    }
}

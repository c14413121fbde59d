using System.Runtime.InteropServices;
using Fovea.Checkpoints;
using PickleWriter = Fovea.TestSupport.PickleWriter;
using StoredZip = Fovea.TestSupport.StoredZip;

namespace Fovea.Tests.Checkpoints.Torch;

/// <summary>Files of torch.save, made by hand: what is read of them needs no torch.</summary>
public class TorchFileTests
{
    [Theory]
    [InlineData(false, 2)]
    [InlineData(false, 3)]
    [InlineData(false, 4)]
    [InlineData(false, 5)]
    [InlineData(true, 2)]
    [InlineData(true, 4)]
    [InlineData(true, 5)]
    public void Weights_come_back_with_the_same_bits_in_both_formats_and_all_protocols(bool isLegacy, int protocol)
    {
        using var saved = ToyDetector.Create(5).Excited();
        var (state, storages) = StateOf(saved, "", isLegacy);
        var file = isLegacy ? TorchFileWriter.Legacy(state, storages, protocol) : TorchFileWriter.Zip(state, storages, protocol);
        using var loaded = ToyDetector.Create(6);
        var report = loaded.LoadWeights(file, name: "toy.pth");
        CheckpointTests.AssertSame(saved, loaded);
        Assert.Equal(("toy.pth", saved.Description.Tensors.Length, 0, 0), (report.File, report.Loaded, report.Initialized.Count, report.Ignored.Count));

        // From a file, whatever it is called, and from a stream that cannot be moved in.
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.File("toy.safetensors"), file);
        using var named = ToyDetector.Load(folder.File("toy.safetensors"));
        CheckpointTests.AssertSame(saved, named);
        using var streamed = ToyDetector.Create(6);
        using var stream = new ForwardStream(file);
        streamed.LoadWeights(stream);
        CheckpointTests.AssertSame(saved, streamed);
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("module._orig_mod.")]
    [InlineData("model.")]
    public void What_programs_put_before_every_name_is_left_out(string prefix)
    {
        using var saved = ToyDetector.Create(5);
        var (state, storages) = StateOf(saved, prefix, isLegacy: false);
        using var loaded = ToyDetector.Create(6);
        loaded.LoadWeights(TorchFileWriter.Zip(state, storages));
        CheckpointTests.AssertSame(saved, loaded);

        // Of one name alone it is none.
        state.Add("other", TorchFileWriter.Tensor(storages[0], [1]));
        Assert.Contains("missing", Refusal(TorchFileWriter.Zip(state, storages), loaded), StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_of_batches_are_found_behind_a_prefix()
    {
        using var saved = ToyDetector.Create(5);
        var (state, storages) = StateOf(saved, "module.", isLegacy: false);
        var count = new PyStorage("count", "LongStorage", 8, BitConverter.GetBytes(123L));
        foreach (var norm in new[] { "bn1", "bn2" })
        {
            state.Add($"module.backbone.body.{norm}.num_batches_tracked", TorchFileWriter.Tensor(count, []));
        }

        using var loaded = ToyDetector.Create(6);
        loaded.LoadWeights(TorchFileWriter.Zip(state, [.. storages, count]));
        Assert.Equal(123, loaded.Model.BatchesTracked);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("state_dict")]
    [InlineData("model_state")]
    [InlineData("model_state_dict")]
    public void State_dicts_are_found_beside_other_things(string key)
    {
        using var saved = ToyDetector.Create(5);
        var (state, storages) = StateOf(saved, "", isLegacy: false);
        var other = PyStorage.Of("other", 1, 2, 3);
        var root = new PyDict
        {
            { "epoch", 3 }, { "rate", 0.1 }, { "big", 1L << 40 }, { "negative", -1 }, { "name", "x" }, { "done", true }, { "none", null },
            { "steps", new List<object?> { 1, new object?[] { 1, 2, 3, 4 }, new PyDict() } }, { "loss", TorchFileWriter.Tensor(other, [3]) },
            { "sizes", new PyCall(new PyGlobal("torch", "Size"), (object)new object?[] { 1, 2 }) },
            { key, new PyDict { { key, state } } },
        };
        using var loaded = ToyDetector.Create(6);
        loaded.LoadWeights(TorchFileWriter.Zip(root, [.. storages, other]));
        CheckpointTests.AssertSame(saved, loaded);
    }

    [Fact]
    public void Strides_offsets_and_shared_storages_are_honoured()
    {
        var storage = PyStorage.Of("0", [.. Enumerable.Range(0, 24).Select(i => (float)i)]);
        var state = new PyDict
        {
            { "rows", TorchFileWriter.Tensor(storage, 4, [2, 3], [3, 1]) },
            { "columns", TorchFileWriter.Tensor(storage, 4, [3, 2], [1, 3]) },
            { "every_other", TorchFileWriter.Tensor(storage, 1, [2, 2, 2], [12, 4, 2]) },
            { "expanded", TorchFileWriter.Tensor(storage, 23, [2, 3], [0, 0]) },
            { "scalar", TorchFileWriter.Tensor(storage, 7, [], []) },
            { "ones", TorchFileWriter.Tensor(storage, 7, [1, 2, 1], [99999, 1, 12345]) },
            { "empty", TorchFileWriter.Tensor(storage, 24, [0, 5], [5, 1]) },
            { "parameter", TorchFileWriter.Parameter(TorchFileWriter.Tensor(storage, 0, [2], [5])) },
        };
        using var file = Open(TorchFileWriter.Zip(state, [storage]));
        Assert.Equal([4, 5, 6, 7, 8, 9], file.ReadSingles("rows"));
        Assert.Equal([4, 7, 5, 8, 6, 9], file.ReadSingles("columns"));
        Assert.Equal([1, 3, 5, 7, 13, 15, 17, 19], file.ReadSingles("every_other"));
        Assert.Equal([23, 23, 23, 23, 23, 23], file.ReadSingles("expanded"));
        Assert.Equal([7], file.ReadSingles("scalar"));
        Assert.Equal([7, 8], file.ReadSingles("ones"));
        Assert.Empty(file.ReadSingles("empty"));
        Assert.Equal([0, 5], file.ReadSingles("parameter"));
        Assert.Equal([0, 5], file.ReadDoubles("parameter"));
    }

    [Theory]
    [InlineData("DoubleStorage", 8, "000000000000F03F00000000000004C0", new[] { 1.0, -2.5 })]
    [InlineData("HalfStorage", 2, "003C00C1", new[] { 1.0, -2.5 })]
    [InlineData("BFloat16Storage", 2, "803F20C0", new[] { 1.0, -2.5 })]
    [InlineData("LongStorage", 8, "FEFFFFFFFFFFFFFF", new[] { -2.0 })]
    [InlineData("IntStorage", 4, "FEFFFFFF", new[] { -2.0 })]
    [InlineData("ShortStorage", 2, "FEFF", new[] { -2.0 })]
    [InlineData("CharStorage", 1, "FE01", new[] { -2.0, 1.0 })]
    [InlineData("ByteStorage", 1, "FE01", new[] { 254.0, 1.0 })]
    [InlineData("BoolStorage", 1, "0001", new[] { 0.0, 1.0 })]
    public void Every_type_is_converted(string kind, int size, string hex, double[] expected)
    {
        var storage = new PyStorage("0", kind, size, Convert.FromHexString(hex));
        using var file = Open(TorchFileWriter.Zip(new PyDict { { "x", TorchFileWriter.Tensor(storage, [expected.Length]) } }, [storage]));
        Assert.Equal(expected, file.ReadDoubles("x"));
        Assert.Equal(expected.Select(v => (float)v), file.ReadSingles("x"));
    }

    [Fact]
    public void Views_and_pairs_of_old_files_are_read()
    {
        var storage = PyStorage.Of("140", 1, 2, 3, 4, 5);
        var view = new PyPersistent("storage", new PyGlobal("torch", "FloatStorage"), "140", "cpu", 5, new object?[] { "141", 2, 3 });
        var tensor = new PyCall(new PyGlobal("torch._utils", "_rebuild_tensor"), view, 1, new object?[] { 2 }, new object?[] { 1 });
        var root = new PyCall(new PyGlobal("collections", "OrderedDict"), new List<object?> { new List<object?> { "a", tensor } });
        using var file = Open(TorchFileWriter.Legacy(root, [storage]));
        Assert.Equal([4, 5], file.ReadSingles("a"));
    }

    [Fact]
    public void Of_a_name_that_occurs_twice_the_last_counts()
    {
        var (first, second) = (PyStorage.Of("0", 1), PyStorage.Of("1", 2));
        var state = new PyDict { { "a", TorchFileWriter.Tensor(first, [1]) }, { "a", TorchFileWriter.Tensor(second, [1]) } };
        using var file = Open(TorchFileWriter.Zip(state, [first, second]));
        Assert.Equal([2], file.ReadSingles("a"));
    }

    [Fact]
    public void Large_archives_are_read()
    {
        var storage = PyStorage.Of("0", 1, 2);
        var zip = new StoredZip();
        zip.Add("x/data.pkl", PickleWriter.Of(new PyDict { { "a", TorchFileWriter.Tensor(storage, [2]) } }), isLarge: true);
        zip.Add("x/data/0", storage.Content, isLarge: true);
        zip.Add("x/byteorder", "little"u8.ToArray());
        using var file = Open(zip.ToArray(isLarge: true));
        Assert.Equal([1, 2], file.ReadSingles("a"));
    }

    [Fact]
    public void Torchvisions_first_weights_are_known_by_their_name_in_this_format_too()
    {
        using var folder = new TempFolder();
        using var saved = ToyDetector.Create(5, program: ToyProgram.Frozen);
        var (state, storages) = StateOf(saved, "", isLegacy: true);
        var path = folder.File("retinanet_resnet50_fpn_coco-eeacb38b.pth");
        File.WriteAllBytes(path, TorchFileWriter.Legacy(state, storages));
        using var loaded = ToyDetector.Load(path, program: ToyProgram.Frozen);
        Assert.Equal((float)(saved.ReadTensor("backbone.body.bn1.running_var")[0] - 1e-5), loaded.ReadTensor("backbone.body.bn1.running_var")[0]);
    }

    internal static (PyDict State, List<PyStorage> Storages) StateOf(ToyDetector detector, string prefix, bool isLegacy) => TorchFileWriter.StateOf(
        detector.Description.Tensors.Select(t => (prefix + t.Key, t.Shape, detector.ReadTensor(t.Key))), isLegacy);

    private static StateDict Open(byte[] file) => StateDictFile.Open(new MemoryStream(file), "toy.pth");

    private static string Refusal(byte[] file, ToyDetector detector) =>
        Assert.Throws<CheckpointException>(() => detector.LoadWeights(file, name: "toy.pth")).Message;

    /// <summary>A stream from a net: it can only be read on.</summary>
    private sealed class ForwardStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }
    }
}

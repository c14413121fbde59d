using System.Runtime.InteropServices;
using System.Text.Json;
using Fovea.Checkpoints;

namespace Fovea.Tests.Checkpoints.Torch;

/// <summary>Files that torch itself has written, against the values that it says they have.</summary>
public sealed class WrittenByTorchTests(WrittenByTorch written) : IClassFixture<WrittenByTorch>
{
    [SkippableFact]
    public void Every_tensor_of_every_file_has_torchs_values()
    {
        Skip.If(PythonTorch.Missing is not null, PythonTorch.Missing);
        using var cases = JsonDocument.Parse(File.ReadAllText(written.File("cases.json")));
        var count = 0;
        foreach (var one in cases.RootElement.EnumerateObject())
        {
            using var file = StateDictFile.Open(written.File(one.Name + ".pth"));
            var left = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(written.File(one.Name + ".f32")));
            Assert.Equal(one.Value.EnumerateArray().Select(t => t[0].GetString()!).ToArray(), file.Tensors.Keys.ToArray());
            foreach (var tensor in one.Value.EnumerateArray())
            {
                var name = tensor[0].GetString()!;
                Assert.Equal(tensor[1].EnumerateArray().Select(d => d.GetInt32()), file.Find(name).Shape);
                var values = file.ReadSingles(name);
                Assert.True(
                    MemoryMarshal.AsBytes<float>(values).SequenceEqual(MemoryMarshal.AsBytes(left[..values.Length])), $"{one.Name}: {name} differs");
                left = left[values.Length..];
            }

            Assert.True(left.IsEmpty, one.Name);
            count++;
        }

        Assert.Equal(34, count);
    }

    [SkippableFact]
    public void Integers_are_read_as_integers()
    {
        Skip.If(PythonTorch.Missing is not null, PythonTorch.Missing);
        foreach (var name in new[] { "half_zip", "half_legacy" })
        {
            using var file = StateDictFile.Open(written.File(name + ".pth"));
            Assert.Equal(ElementType.I64, file.Find("norm.num_batches_tracked").Type);
            Assert.Equal([11L], file.ReadIntegers("norm.num_batches_tracked"));
            Assert.Equal(ElementType.F16, file.Find("conv.weight").Type);
        }
    }

    [SkippableTheory]
    [InlineData("no_module_zip", "refuses \"torch.nn.modules.conv.Conv2d\"")]
    [InlineData("no_module_legacy", "refuses \"torch.nn.modules.conv.Conv2d\"")]
    [InlineData("no_numpy", "refuses \"numpy.core.multiarray._reconstruct\"")]
    [InlineData("no_sparse", "refuses \"torch._utils._rebuild_sparse_tensor\"")]
    [InlineData("no_complex", "refuses \"torch.ComplexFloatStorage\"")]
    [InlineData("no_function", "refuses \"__builtin__.print\"")]
    [InlineData("no_dict", "expected a dict of tensors")]
    [InlineData("no_tensors", "found the keys epoch, lr")]
    [InlineData("no_script", "a TorchScript program")]
    [InlineData("no_torch", "torch.save's magic number")]
    public void What_is_no_state_dict_is_refused_by_name(string name, string expected)
    {
        Skip.If(PythonTorch.Missing is not null, PythonTorch.Missing);
        var error = Assert.Throws<CheckpointException>(() => StateDictFile.Open(written.File(name + ".pth")));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(written.File(name + ".pth") + ": ", error.Message, StringComparison.Ordinal);
    }
}

/// <summary>The files, written once.</summary>
public sealed class WrittenByTorch : IDisposable
{
    private readonly TempFolder folder = new();

    public WrittenByTorch()
    {
        if (PythonTorch.Missing is null)
        {
            PythonTorch.Run("Tests/Fovea.Runtime.Tests/Checkpoints/Torch/write_state_dicts.py", folder.Path);
        }
    }

    public string File(string name) => folder.File(name);

    public void Dispose() => folder.Dispose();
}

using System.Runtime.InteropServices;
using Fovea.EndToEnd.Goldens;
using Xunit.Abstractions;

namespace Fovea.EndToEnd.Weights;

/// <summary>Files that torch has written of torchvision's models: loaded, a declared detector gives what torchvision gives.</summary>
public sealed class TorchvisionWeightsTests(ITestOutputHelper told) : IDisposable
{
    /// <summary>Of the greatest output.</summary>
    private const double Tolerance = 1e-4;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public void The_first_version_by_new_and_old_names_in_both_formats_reproduces_the_heads_outputs()
    {
        Write("v1");
        using var detector = Declared("ResNet50", "TorchVision", "Norm.FrozenBatchNorm");
        detector.LoadWeights(folder.File("new_zip.pth"));
        AssertOutputs(detector);
        var loaded = detector.Description.Tensors.ToDictionary(t => t.Key, t => detector.ReadTensor(t.Key));
        foreach (var file in new[] { "old_legacy.pth", "wrapped.pth" })
        {
            detector.InitializeWeights(5);
            var report = detector.LoadWeights(folder.File(file));
            Assert.Equal(loaded.Count, report.Loaded);
            foreach (var (key, values) in loaded)
            {
                Assert.True(values.AsSpan().SequenceEqual(detector.ReadTensor(key)), $"{file}: {key} differs");
            }
        }

        AssertOutputs(detector);
    }

    [SkippableFact]
    public void The_second_version_reproduces_the_heads_outputs()
    {
        Write("v2");
        using var detector = Declared("ResNet50", "TorchVisionV2", "Norm.BatchNorm, NormStatistics = NormStatistics.Running");
        detector.LoadWeights(folder.File("new_zip.pth"));
        AssertOutputs(detector);
    }

    [SkippableFact]
    public void A_classifier_gives_its_backbone()
    {
        Write("classifier");
        using var detector = Declared("ResNet18", "TorchVision", "Norm.FrozenBatchNorm");
        var report = detector.LoadWeights(folder.File("classifier.pth"), new LoadOptions { Rule = LoadRule.BackboneOnly });
        Assert.Equal(["fc.weight", "fc.bias"], report.Ignored);
        Assert.Equal(100, report.Loaded);
        Assert.All(report.Initialized, i => Assert.False(i.Name.StartsWith("backbone.body.", StringComparison.Ordinal)));
        var run = new ModelRun(detector);
        run.Detect(Read("input.f32"), [1, 3, 64, 96], [(64, 96)], "C5");
        AssertClose(Read("c5.f32"), run.Taps["C5"]);
    }

    private static Detector Declared(string backbone, string preset, string norm) => CompiledModel.Create(
        $$"""
        using Fovea;
        namespace Weights;
        [RetinaNet<Label>(Backbone.{{backbone}}, Preset.{{preset}})]
        [Backbone(Norm = {{norm}}, FrozenStages = 0)]
        public partial class Model;
        public enum Label { A, B, C, D }
        """,
        "Weights.Model");

    private void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var greatest = expected.Max(Math.Abs);
        Assert.True(greatest > 0.1 && expected.Distinct().Count() > expected.Length / 20, "what is expected is nearly constant");
        var worst = expected.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max();
        told.WriteLine(FormattableString.Invariant($"{expected.Length} outputs differ by at most {worst / greatest:G3} of the greatest"));
        Assert.True(worst <= Tolerance * greatest, FormattableString.Invariant($"differs by {worst:G3} of {greatest:G3}"));
    }

    private void AssertOutputs(Detector detector)
    {
        var run = new ModelRun(detector).Detect(Read("input.f32"), [1, 3, 96, 128], [(96, 128)]);
        AssertClose(Read("logits.f32"), run.Logits);
        AssertClose(Read("deltas.f32"), run.Deltas);
    }

    private void Write(string kind)
    {
        Skip.If(PythonTorch.Missing is not null, PythonTorch.Missing);
        PythonTorch.Run("Tests/Fovea.EndToEnd.Tests/Weights/write_torchvision.py", folder.Path, kind);
    }

    private float[] Read(string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(folder.File(name))).ToArray();
}

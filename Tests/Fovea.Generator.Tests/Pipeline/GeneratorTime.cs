using System.Diagnostics;
using Fovea.Generator.Tests.Support;
using Microsoft.CodeAnalysis;
using Xunit.Abstractions;

namespace Fovea.Generator.Tests.Pipeline;

/// <summary>How long the generator takes for a model: cold, and warm when a declaration changes. Medians; printed for each backbone.</summary>
public class GeneratorTime(ITestOutputHelper output)
{
    private const int Repeats = 7;

    [Theory]
    [Trait("Needs", "Speed")]
    [InlineData("ResNet18")]
    [InlineData("ResNet50")]
    [InlineData("ResNet152")]
    [InlineData("ResNeXt101_64x4d")]
    public void AWarmGenerator_TakesUnder150MillisecondsForAModel(string backbone)
    {
        var cold = Measure(backbone, 0);
        var warm = Enumerable.Range(1, Repeats).Select(i => Measure(backbone, i)).Order().ElementAt(Repeats / 2);

        output.WriteLine($"{backbone}: first {cold:0} ms, then {warm:0.0} ms");
        Assert.True(warm < 150, $"{backbone}: {warm:0.0} ms when warm, expected under 150 ms");
    }

    /// <summary>Generating a model whose declaration has just changed, in milliseconds.</summary>
    private static double Measure(string backbone, int variant)
    {
        var compilation = GeneratorHarness.Compile(
            Declaration.Of($"[RetinaNet<BloodCell>(Backbone.{backbone})]", $"[InputSize(640, {480 + (32 * variant)})]"));
        GC.Collect();
        var driver = GeneratorHarness.CreateDriver();
        var clock = Stopwatch.StartNew();
        var result = driver.RunGenerators(compilation).GetRunResult();
        var elapsed = clock.Elapsed.TotalMilliseconds;
        Assert.NotEmpty(result.GeneratedTrees);
        return elapsed;
    }
}

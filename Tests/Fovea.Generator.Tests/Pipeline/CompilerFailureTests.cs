using Fovea.Generator.Heads;
using Fovea.Generator.Parsing;
using Fovea.Generator.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fovea.Generator.Tests.Pipeline;

/// <summary>What becomes of a program when the compiler fails on one of its models, or is cancelled in the driver.</summary>
public class CompilerFailureTests
{
    private static readonly string Toy =
        "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 8), Pyramid(MaxLevel = 3, Channels = 8)]";

    private static readonly string[] Models =
        [Declaration.Of(Toy), $"namespace Blood {{ using Fovea; {Toy} public partial class Sibling; }}"];

    [Fact]
    public void AFailure_IsOneFOV900_AndTheModelHasItsPublicSurface()
    {
        var (output, diagnostics) = Run((spec, cancellationToken) => spec.Name == "CellDetector"
            ? throw new InvalidOperationException("No place\r\nfor layer4.")
            : ModelCompiler.Compile(spec, cancellationToken));

        var failure = Assert.Single(diagnostics);
        Assert.Equal(("FOV900", Location.None), (failure.Id, failure.Location));
        Assert.StartsWith(
            "Fovea cannot compile detector 'Blood.CellDetector', which is a mistake of its own: InvalidOperationException in ",
            failure.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.EndsWith(
            ", \"No place for layer4.\"; please report it with the detector's declaration",
            failure.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(output.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id != "CS1591"));
    }

    [Fact]
    public void AFailure_LeavesTheSiblingsAsTheyAre()
    {
        var (failed, _) = Run((spec, cancellationToken) => spec.Name == "CellDetector"
            ? throw new NotSupportedException()
            : ModelCompiler.Compile(spec, cancellationToken));
        var (whole, _) = Run(ModelCompiler.Compile);

        Assert.Equal(FilesOf(whole, "Sibling"), FilesOf(failed, "Sibling"));
        Assert.Single(FilesOf(failed, "CellDetector"));
    }

    [Fact]
    public void AFailureToRead_IsOneFOV900_AndTheSiblingsAreCompiled()
    {
        var heads = HeadTable.Default;
        var generator = new RetinaNetGenerator(heads, parse: (attributed, cancellation) => attributed.TargetSymbol.Name == "CellDetector"
            ? throw new InvalidOperationException("No argument.")
            : ModelParser.Parse(attributed, heads, cancellation));
        Driver(generator).RunGeneratorsAndUpdateCompilation(GeneratorHarness.Compile(Models), out var output, out var diagnostics);

        Assert.StartsWith(
            "Fovea cannot compile detector 'Blood.CellDetector'",
            Assert.Single(diagnostics).GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(FilesOf(output, "CellDetector"));
        Assert.NotEmpty(FilesOf(output, "Sibling"));
    }

    [Fact]
    public void TheSameFailure_LeavesEveryStepCached()
    {
        RetinaNetGenerator.ModelCompilation fails = (_, _) => throw new InvalidOperationException("Always.");
        var compilation = GeneratorHarness.Compile(Models);
        var driver = Driver(fails).RunGenerators(compilation);
        var after = compilation.AddSyntaxTrees(GeneratorHarness.Parse("class Added;", "Added.cs"));

        new StepReasons(driver.RunGenerators(after)).AssertNothingRan();
    }

    [Fact]
    public void Cancellation_IsNoFailure()
    {
        using var source = new CancellationTokenSource();
        RetinaNetGenerator.ModelCompilation cancels = (_, cancellationToken) =>
        {
            source.Cancel();
            cancellationToken.ThrowIfCancellationRequested();
            return default;
        };

        Assert.ThrowsAny<OperationCanceledException>(() => Driver(cancels).RunGenerators(GeneratorHarness.Compile(Models), source.Token));
    }

    private static (Compilation Output, IReadOnlyList<Diagnostic> Diagnostics) Run(RetinaNetGenerator.ModelCompilation compile)
    {
        Driver(compile).RunGeneratorsAndUpdateCompilation(GeneratorHarness.Compile(Models), out var output, out var diagnostics);
        return (output, diagnostics);
    }

    private static CSharpGeneratorDriver Driver(RetinaNetGenerator.ModelCompilation compile) =>
        Driver(new RetinaNetGenerator(HeadTable.Default, compile));

    private static CSharpGeneratorDriver Driver(RetinaNetGenerator generator) => CSharpGeneratorDriver.Create(
        [generator.AsSourceGenerator()],
        parseOptions: GeneratorHarness.ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    private static IEnumerable<string> FilesOf(Compilation compilation, string model) => compilation.SyntaxTrees
        .Where(tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal))
        .Select(tree => tree.ToString())
        .Where(text => text.Contains($"partial class {model}", StringComparison.Ordinal));
}

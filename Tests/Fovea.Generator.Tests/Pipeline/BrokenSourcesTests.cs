using System.Collections.Concurrent;
using Fovea.Generator.Tests.Support;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Fovea.Generator.Tests.Pipeline;

/// <summary>
/// Programs as they are while somebody types: cut off behind every token, or with any one token missing. All errors are the user's own, in
/// his file; the generator and the analyzer never throw.
/// </summary>
public class BrokenSourcesTests
{
    public static TheoryData<string> Sources =>
    [
        """
        using Fovea;
        namespace Blood
        {
            [RetinaNet<Zoo.Cell>(Backbone.Custom, Preset.Paper), Pyramid(MinLevel = 4, MaxLevel = 4, Channels = 8), Head(Depth = 1)]
            [Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8), Anchors(Ratios = new[] { 0.5, 1 })]
            [InputSize(32, height: 64)]
            public partial class D : Detector<Zoo.Cell>, System.IDisposable { }
            public static class Zoo { public enum Cell : byte { [ClassName("red")] A = 1, B } }
            static class P { static D Make() => D.Create(seed: 1); }
        }
        """,
        """
        namespace Outer;
        [Fovea.RetinaNetAttribute<E>(Fovea.Backbone.Custom)]
        [Fovea.Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 16)]
        [Fovea.Pyramid(MaxLevel = 3, Channels = 8)]
        [Fovea.BoxLoss(Fovea.BoxLoss.GIoU, Weight = 2)]
        sealed partial class D { public D(int threads) : this(new Fovea.DetectorOptions() { Threads = threads }) { } int Classes2 => Classes; }
        enum E { A, B }
        """,
        """
        using Fovea;
        partial class O<T> where T : class
        {
            [RetinaNet<E>] private abstract partial record R(int Classes) { public required string Load { get; set; } }
            [RetinaNet<D.E>] static partial class D { enum E { A } const int Create = 1; D(DetectorOptions o) { } }
        }
        [RetinaNet<E>, Head(Depth = 1)] file partial class D<T>(int x) : O<T> { } [System.Flags] file enum E { A = -1, B = A }
        """,
    ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void ASourceCutOffBehindAnyToken_HasErrorsOfItsOwnAlone(string source) =>
        AssertOwnErrors(source, Tokens(source).Select(token => source[..token.Span.End]));

    [Theory]
    [MemberData(nameof(Sources))]
    public void ASourceWithoutAnyOneToken_HasErrorsOfItsOwnAlone(string source) =>
        AssertOwnErrors(source, Tokens(source).Select(token => source.Remove(token.SpanStart, token.Span.Length)));

    private static IEnumerable<SyntaxToken> Tokens(string source) =>
        CSharpSyntaxTree.ParseText(source, GeneratorHarness.ParseOptions).GetRoot().DescendantTokens().Where(token => token.Span.Length > 0);

    private static void AssertOwnErrors(string source, IEnumerable<string> variants)
    {
        var program = new Program(source);
        var wrong = new ConcurrentQueue<string>();
        Parallel.ForEach(variants.Distinct(), variant =>
        {
            foreach (var error in program.ErrorsOfOurs(variant))
            {
                wrong.Enqueue($"{error}\n{variant}\n");
            }
        });
        Assert.True(wrong.IsEmpty, $"{wrong.Count} errors:\n{string.Join("\n", wrong.Take(4))}");
    }

    /// <summary>A program whose one file is replaced: all the rest is bound once.</summary>
    private sealed class Program
    {
        private readonly CSharpCompilation whole;
        private readonly SyntaxTree tree;
        private readonly GeneratorDriver driver;

        /// <summary>Generated files that have no part of the user's class and compile in the whole program.</summary>
        private readonly HashSet<string> clean;

        public Program(string source)
        {
            whole = GeneratorHarness.Compile(source);
            tree = whole.SyntaxTrees.Single(t => t.FilePath == "Source0.cs");
            driver = GeneratorHarness.CreateDriver().RunGeneratorsAndUpdateCompilation(whole, out var output, out _);
            clean = [.. driver.GetRunResult().GeneratedTrees.Where(t => !IsSurface(t) && !Errors(output, t).Any()).Select(t => t.ToString())];
        }

        /// <summary>Errors in generated files and of the generator (CS8785 is one), and exceptions of the analyzer (AD0001).</summary>
        public IEnumerable<string> ErrorsOfOurs(string variant)
        {
            var compilation = whole.ReplaceSyntaxTree(tree, GeneratorHarness.Parse(variant, tree.FilePath));
            var generated = driver.RunGeneratorsAndUpdateCompilation(compilation, out var output, out var fromGenerator)
                .GetRunResult().GeneratedTrees;
            var thrown = new ConcurrentQueue<string>();
            var analyzed = output.WithAnalyzers(
                [new DetectorModelAnalyzer()],
                new CompilationWithAnalyzersOptions(
                    new AnalyzerOptions([]), (exception, _, _) => thrown.Enqueue(exception.ToString()), concurrentAnalysis: false,
                    logAnalyzerExecutionTime: false));
            var user = output.GetSemanticModel(output.SyntaxTrees.Single(t => t.FilePath == tree.FilePath));
            _ = analyzed.GetAnalyzerSemanticDiagnosticsAsync(user, null, CancellationToken.None).GetAwaiter().GetResult();
            return fromGenerator.Concat(generated.Where(t => !clean.Contains(t.ToString())).SelectMany(t => Errors(output, t)))
                .Select(d => d.ToString())
                .Concat(thrown);
        }

        private static bool IsSurface(SyntaxTree tree) => tree.ToString().Contains("(string path, global::", StringComparison.Ordinal);

        private static IEnumerable<Diagnostic> Errors(Compilation program, SyntaxTree tree) =>
            program.GetSemanticModel(tree).GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error);
    }
}

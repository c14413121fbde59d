using System.Globalization;
using System.Runtime.Loader;
using System.Text;
using Fovea.Generator;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Fovea.Docs.Tests;

/// <summary>Compiles blocks as a reader's build does: with generator and analyzer, warnings being errors.</summary>
internal static class BlockCompiler
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.CSharp14);

    /// <summary>The framework, Fovea's packages, what preludes name: this assembly.</summary>
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => IsTheReaders(Path.GetFileName(path))).Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Compiles it.</summary>
    /// <returns>What was compiled, and a line for each error and warning: <c>docs/page.md(12): CS0103 …</c>.</returns>
    public static (Compilation Compilation, IReadOnlyList<string> Problems) Compile(CodeBlock block, Marker marker)
    {
        var preludes = marker.Preludes.Select(n => Preludes.All[n]).ToArray();
        var main = Source(block, string.Join(' ', preludes.Select(p => p.Statements)));
        var usings = preludes.SelectMany(p => p.Usings).Distinct().Select(u => $"global using {u};");
        SyntaxTree[] sources =
        [
            main,
            CSharpSyntaxTree.ParseText($"{Repository.ImplicitUsings}\n{string.Join('\n', usings)}", Options),
            .. marker.Preludes.Contains(Preludes.Above) ? [Source(block.Above!, "")] : Array.Empty<SyntaxTree>(),
        ];
        var kind = main.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any()
            ? OutputKind.ConsoleApplication
            : OutputKind.DynamicallyLinkedLibrary;
        var compilation = CSharpCompilation.Create(
            "Block", sources, References, new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new RetinaNetGenerator().AsSourceGenerator()], parseOptions: Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out var output, out var fromGenerator);
        var fromAnalyzer = output.WithAnalyzers([new DetectorModelAnalyzer()]).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();
        return (output, [.. output.GetDiagnostics().Concat(fromGenerator).Concat(fromAnalyzer)
            .Where(d => d.Severity >= DiagnosticSeverity.Warning && !d.IsSuppressed).Select(Line).Distinct()]);
    }

    /// <summary>Runs a compiled program.</summary>
    /// <param name="compilation">Without problems.</param>
    /// <param name="folder">The working directory, which has the files that blocks name.</param>
    /// <returns>What it wrote.</returns>
    public static string Run(Compilation compilation, string folder)
    {
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        image.Position = 0;
        var context = new AssemblyLoadContext("block", isCollectible: true);
        var main = context.LoadFromStream(image).EntryPoint!;
        var (directory, output, written) = (Environment.CurrentDirectory, Console.Out, new StringWriter());
        try
        {
            Environment.CurrentDirectory = folder;
            Console.SetOut(written);
            var code = main.Invoke(null, main.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
            Assert.True(code is null or 0, $"exit code {code}\n{written}");
            return written.ToString();
        }
        finally
        {
            Console.SetOut(output);
            Environment.CurrentDirectory = directory;
            context.Unload();
        }
    }

    /// <summary>The block's usings, the statements of preludes, and the rest of the block, whose lines are the page's.</summary>
    private static SyntaxTree Source(CodeBlock block, string statements)
    {
        var end = CSharpSyntaxTree.ParseText(block.Text, Options).GetCompilationUnitRoot().Usings.FullSpan.End;
        var (usings, rest) = (block.Text[..end], block.Text[end..]);
        string[] lines =
        [
            At("preludes", 1), .. usings.Length == 0 ? [] : (string[])[At(block.File, block.Line), usings, At("preludes", 1)], statements,
            At(block.File, block.Line + usings.Count(c => c == '\n')), rest,
        ];
        return CSharpSyntaxTree.ParseText(string.Join('\n', lines), Options, $"{Path.GetFileName(block.File)}.cs", Encoding.UTF8);
    }

    private static string At(string file, int line) => string.Create(CultureInfo.InvariantCulture, $"#line {line} \"{file}\"");

    private static string Line(Diagnostic diagnostic)
    {
        var place = diagnostic.Location.GetMappedLineSpan();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{place.Path}({place.StartLinePosition.Line + 1}): {diagnostic.Id} {diagnostic.GetMessage(CultureInfo.InvariantCulture)}");
    }

    private static bool IsTheReaders(string file) =>
        Begins(file, "mscorlib", "netstandard", "Fovea", "System.", "Microsoft.")
        && !Begins(file, "Fovea.Generator", "Fovea.TestSupport", "Microsoft.CodeAnalysis", "Microsoft.TestPlatform");

    private static bool Begins(string file, params string[] names) => Array.Exists(names, n => file.StartsWith(n, StringComparison.Ordinal));
}

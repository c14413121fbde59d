using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Fovea.Generator.Heads;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Fovea.Generator.Tests.Support;

/// <summary>
/// Compiles source text in memory against the running framework, Fovea.Definitions and Fovea.Runtime, with the generator and the analyzer:
/// what a user's build does.
/// </summary>
internal static class GeneratorHarness
{
    private static readonly ImmutableArray<MetadataReference> FrameworkReferences =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(IsReference)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    /// <summary>The user's project before generation.</summary>
    public static CSharpCompilation Compile(params string[] sources) => Compile(ParseOptions, sources);

    /// <summary>The same in another version of the language.</summary>
    public static CSharpCompilation Compile(CSharpParseOptions options, params string[] sources) => CSharpCompilation.Create(
        "UserProgram",
        [.. sources.Append(Repository.ImplicitUsings).Select((text, i) => Parse(text, $"Source{i}.cs", options))],
        FrameworkReferences,
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release,
            nullableContextOptions: NullableContextOptions.Enable));

    public static SyntaxTree Parse(string source, string path, CSharpParseOptions? options = null) =>
        CSharpSyntaxTree.ParseText(SourceText.From(source, System.Text.Encoding.UTF8), options ?? ParseOptions, path);

    /// <summary>A driver that records why each step ran.</summary>
    /// <param name="heads">Those that the compiler has; by default Fovea's.</param>
    public static GeneratorDriver CreateDriver(CSharpParseOptions? options = null, HeadTable? heads = null) => CSharpGeneratorDriver.Create(
        [new RetinaNetGenerator(heads ?? HeadTable.Default).AsSourceGenerator()],
        parseOptions: options ?? ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>Generates, compiles and analyses.</summary>
    public static GeneratorOutcome Run(params string[] sources) => Run(Compile(sources));

    /// <summary>As <see cref="Run(string[])"/>, for a program that can be started.</summary>
    public static GeneratorOutcome RunProgram(params string[] sources)
    {
        var compilation = Compile(sources);
        return Run(compilation.WithOptions(compilation.Options.WithOutputKind(OutputKind.ConsoleApplication)));
    }

    public static GeneratorOutcome Run(CSharpCompilation compilation, HeadTable? heads = null)
    {
        var options = (CSharpParseOptions)compilation.SyntaxTrees[0].Options;
        var driver = CreateDriver(options, heads).RunGeneratorsAndUpdateCompilation(compilation, out var output, out var fromGenerator);
        var analyzed = output.WithAnalyzers([new DetectorModelAnalyzer(heads ?? HeadTable.Default)]);
        var fromAnalyzer = analyzed.GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();

        // Missing documentation (CS1591) is the test sources' own; hidden ones are not shown in a build.
        var diagnostics = output.GetDiagnostics().Concat(fromGenerator).Concat(fromAnalyzer)
            .Where(d => d.Severity >= DiagnosticSeverity.Warning && !d.IsSuppressed)
            .Where(d => d.Id != "CS1591" || IsGenerated(d.Location.SourceTree))
            .ToImmutableArray();
        return new GeneratorOutcome((CSharpCompilation)output, driver, diagnostics);
    }

    private static bool IsReference(string path) => Path.GetFileName(path) is var name
        && (name is "Fovea.Definitions.dll" or "Fovea.Runtime.dll" or "Fovea.App.dll" or "mscorlib.dll" or "netstandard.dll"
            || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal));

    private static bool IsGenerated(SyntaxTree? tree) => tree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true;
}

/// <summary>What a build of the user's project yields.</summary>
internal sealed class GeneratorOutcome(CSharpCompilation compilation, GeneratorDriver driver, ImmutableArray<Diagnostic> diagnostics)
{
    public CSharpCompilation Compilation { get; } = compilation;

    public GeneratorDriver Driver { get; } = driver;

    /// <summary>Warnings and errors of compiler, generator and analyzer that a build would show.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; } = diagnostics;

    public GeneratorRunResult Result => Driver.GetRunResult().Results.Single();

    /// <summary>Text by file name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; } =
        driver.GetRunResult().Results.Single().GeneratedSources.ToDictionary(s => s.HintName, s => s.SourceText.ToString());

    /// <summary>"FOV052 Gamma = -1", one for each diagnostic: its id and the source that it underlines.</summary>
    public IEnumerable<string> Report =>
        Diagnostics.Select(d => $"{d.Id} {d.Location.SourceTree?.GetText().ToString(d.Location.SourceSpan)}");

    /// <summary>Fails with every diagnostic and the generated line it stands on.</summary>
    public GeneratorOutcome AssertClean()
    {
        Assert.True(
            Diagnostics.IsEmpty,
            string.Join("\n", Diagnostics.Select(d => $"{d}\n    {Line(d.Location)}")));
        return this;
    }

    /// <summary>Fails with every generated line that is wider than 140 columns.</summary>
    public GeneratorOutcome AssertNarrow()
    {
        var wide = Files.SelectMany(file => file.Value.Split('\n').Where(line => line.Length > 140).Select(line => $"{file.Key}: {line}"));
        Assert.Empty(wide);
        return this;
    }

    /// <summary>Emits the program and loads it into a context of its own, which finds Fovea's assemblies in the test's.</summary>
    public Assembly Load()
    {
        using var image = new MemoryStream();
        var emitted = Compilation.Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)));
        image.Position = 0;
        return new AssemblyLoadContext("UserProgram", isCollectible: true).LoadFromStream(image);
    }

    private static string Line(Location location) =>
        location.SourceTree is { } tree ? tree.GetText().Lines.GetLineFromPosition(location.SourceSpan.Start).ToString().Trim() : "";
}

using System.Reflection;
using System.Runtime.Loader;
using Fovea.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Compiles a declaration through the generator, in memory, and makes an instance: what runs is generated code and nothing else.</summary>
internal static class CompiledModel
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.CSharp14);

    private static readonly Lazy<MetadataReference[]> References = new(() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path))
            .ToArray());

    /// <summary>An instance of the named detector, weights not yet set.</summary>
    public static Detector Create(string source, string typeName)
    {
        var type = Compile(source).GetType(typeName, throwOnError: true)!;
        var create = type.GetMethod("Create", BindingFlags.Public | BindingFlags.Static)!;
        return (Detector)create.Invoke(null, create.GetParameters().Select(p => p.DefaultValue).ToArray())!;
    }

    private static Assembly Compile(string source)
    {
        var compilation = CSharpCompilation.Create(
            "Golden" + Guid.NewGuid().ToString("N"),
            [CSharpSyntaxTree.ParseText(source, Options, "Model.cs")],
            References.Value,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new RetinaNetGenerator().AsSourceGenerator()], parseOptions: Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out var generated, out var diagnostics);
        using var stream = new MemoryStream();
        var result = generated.Emit(stream);
        var problems = diagnostics.Concat(result.Diagnostics).Where(d => d.Severity >= DiagnosticSeverity.Warning).ToArray();
        Assert.True(problems.Length == 0, $"{source}\ndoes not compile without warnings:\n{string.Join('\n', problems.Take(20))}");
        stream.Position = 0;
        return new AssemblyLoadContext("golden", isCollectible: true).LoadFromStream(stream);
    }
}

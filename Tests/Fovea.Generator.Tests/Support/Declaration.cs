using Fovea.Generator.Heads;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Support;

/// <summary>Small declarations to parse and compile.</summary>
internal static class Declaration
{
    /// <summary>A detector of three classes with the given attributes, one to a line.</summary>
    public static string Of(params string[] attributes) => $$"""
        using Fovea;

        namespace Blood;

        {{string.Join("\n", attributes)}}
        public partial class CellDetector;

        public enum BloodCell { RBC = 1, WBC, Platelets }

        public static class Program
        {
            public static CellDetector Make() => CellDetector.Create(seed: 1);

            public static CellDetector Read() => CellDetector.Load("cells.safetensors");

            public static Detector<BloodCell> AsBase() => CellDetector.Create();
        }
        """;

    /// <summary>With <c>[RetinaNet&lt;BloodCell&gt;]</c> and the given attributes.</summary>
    public static string With(params string[] attributes) => Of(["[RetinaNet<BloodCell>]", .. attributes]);

    /// <summary>The spec of the one detector in the source.</summary>
    public static ModelSpec Parse(string source)
    {
        var compilation = GeneratorHarness.Compile(source);
        var (type, declared) = Types(compilation.Assembly.GlobalNamespace)
            .Select(t => (Type: t, Declared: HeadTable.Default.Find(t)))
            .Single(t => t.Declared is not null);
        return ModelParser.Parse(type, declared!, HeadTable.Default, CancellationToken.None);
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol scope) =>
        scope.GetMembers().SelectMany(member => member switch
    {
        INamespaceSymbol inner => Types(inner),
        INamedTypeSymbol type => Types(type).Prepend(type),
        _ => [],
    });
}

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Tests.Architecture;

/// <summary>A name in one folder that stands for something declared in another.</summary>
/// <param name="From">The folder of the name, as <c>Cuda/Driver</c>.</param>
/// <param name="To">
/// The folders that declare what it stands for; more than one for a partial type. A file's folder is named down to the second level.
/// </param>
/// <param name="Place">File and line.</param>
/// <param name="Name">What is named, as <c>Detector.Detect</c>.</param>
internal sealed record Arrow(string From, IReadOnlyList<string> To, string Place, string Name);

/// <summary>
/// All names of a project that lead from one folder to another, found by the compiler's own binding: no convention of namespaces or
/// usings is needed. What only generators of the platform add is unknown here and leads nowhere.
/// </summary>
internal static class SourceArrows
{
    /// <param name="project">A project's folder in the repository, as <c>Runtime/Fovea.Runtime</c>.</param>
    public static IReadOnlyList<Arrow> Of(string project)
    {
        var root = Repository.PathOf(project);
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        var trees = Repository.SourcesOf(project)
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, Path.GetRelativePath(root, file)))
            .Append(CSharpSyntaxTree.ParseText(Repository.ImplicitUsings, options, "ImplicitUsings.cs"))
            .ToList();
        var library = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true);
        var compilation = CSharpCompilation.Create("Arrows", trees, References(), library);
        return [.. trees.AsParallel().AsOrdered().SelectMany(tree => Of(compilation.GetSemanticModel(tree), tree))];
    }

    /// <summary>Down to the second level; empty for files beside the project.</summary>
    private static string FolderOf(string path)
    {
        var parts = path.Split(Path.DirectorySeparatorChar)[..^1];
        return string.Join('/', parts.Take(2));
    }

    private static IEnumerable<Arrow> Of(SemanticModel model, SyntaxTree tree)
    {
        var from = FolderOf(tree.FilePath);
        foreach (var name in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax).OfType<SimpleNameSyntax>())
        {
            if (Declared(model.GetSymbolInfo(name)) is { } symbol)
            {
                var to = symbol.DeclaringSyntaxReferences.Select(r => FolderOf(r.SyntaxTree.FilePath)).Distinct().ToArray();
                if (to.Length > 0 && !to.Contains(from))
                {
                    var line = tree.GetLineSpan(name.Span).StartLinePosition.Line + 1;
                    var text = symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
                    yield return new Arrow(from, to, $"{tree.FilePath}:{line}", text);
                }
            }
        }
    }

    /// <summary>A type, or a member of one; null for locals, parameters, namespaces and what is unknown.</summary>
    private static ISymbol? Declared(SymbolInfo info)
    {
        var symbol = info.Symbol ?? (info.CandidateSymbols.Length > 0 ? info.CandidateSymbols[0] : null);
        return symbol switch
        {
            INamedTypeSymbol type => type.OriginalDefinition,
            IMethodSymbol { MethodKind: MethodKind.LocalFunction } => null,
            IMethodSymbol or IPropertySymbol when symbol.IsImplicitlyDeclared => symbol.ContainingType.OriginalDefinition,
            IMethodSymbol method => (method.ReducedFrom ?? method).OriginalDefinition,
            IPropertySymbol or IFieldSymbol or IEventSymbol => symbol.OriginalDefinition,
            _ => null,
        };
    }

    private static IEnumerable<MetadataReference> References()
    {
        // The platform's, and all that lies beside the tests, but not the projects that are read here.
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return platform.Where(path => Path.GetFileName(path) is not ("Fovea.Runtime.dll" or "Fovea.Generator.dll"))
            .Select(path => MetadataReference.CreateFromFile(path));
    }
}

using System.Collections.Immutable;
using Fovea.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Fovea.Generator.Validation;

/// <summary>
/// Reports what <see cref="SpecValidator"/> finds, on the argument in the source. The generator itself reports nothing: locations in its
/// pipeline would defeat
/// caching, and <c>#pragma warning disable</c> would not apply to them.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DetectorModelAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Rules.All];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || ModelParser.FindRetinaNet(type) is not { } attribute)
        {
            return;
        }

        var spec = ModelParser.Parse(type, attribute, context.CancellationToken);
        var locator = new ArgumentLocator(type, attribute);
        foreach (var problem in SpecValidator.Validate(spec))
        {
            var values = problem.Values.Select(object? (v) => v).ToArray();
            context.ReportDiagnostic(Diagnostic.Create(problem.Rule, locator.Locate(problem, context.CancellationToken), values));
        }
    }
}

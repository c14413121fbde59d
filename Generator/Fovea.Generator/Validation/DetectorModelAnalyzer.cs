using System.Collections.Immutable;
using Fovea.Generator.Declarations;
using Fovea.Generator.Heads;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Fovea.Generator.Validation;

/// <summary>
/// Reports what <see cref="SpecValidator"/> finds, on the argument in the source. The generator itself reports nothing of it: locations in
/// its pipeline would defeat caching, and <c>#pragma warning disable</c> would not apply to them.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DetectorModelAnalyzer : DiagnosticAnalyzer
{
    private readonly HeadTable heads;

    /// <summary>What the C# compiler makes.</summary>
    public DetectorModelAnalyzer()
        : this(HeadTable.Default)
    {
    }

    /// <summary>With other heads.</summary>
    internal DetectorModelAnalyzer(HeadTable heads) =>
        (this.heads, SupportedDiagnostics) = (heads, SpecValidator.DiagnosticsOf(heads));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; }

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!ModelParser.IsNamedClass(type))
        {
            return;
        }

        if (heads.Find(type) is not { } declared)
        {
            AnalyzeOther(context, type);
            return;
        }

        var locator = new ArgumentLocator(type, declared.Attribute);
        ModelSpec spec;
        ImmutableArray<Problem> problems;
        try
        {
            spec = ModelParser.Parse(type, declared, heads, context.CancellationToken);
            problems = SpecValidator.Validate(spec, declared.Head);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A mistake of the compiler's own: the generator, which meets it too, reports it as FOV900.
            return;
        }

        foreach (var problem in problems)
        {
            Report(context, problem.Rule, locator.Locate(problem, context.CancellationToken), problem.Values);
        }

        if (problems.IsEmpty && !spec.CompilerReports)
        {
            foreach (var advice in SpecValidator.Advise(spec, declared.Head))
            {
                if (locator.LocateArgument(advice, context.CancellationToken) is { } location)
                {
                    Report(context, advice.Rule, location, advice.Values);
                }
            }
        }
    }

    /// <summary>An attribute that refines a detector does nothing on another class.</summary>
    private void AnalyzeOther(SymbolAnalysisContext context, INamedTypeSymbol type)
    {
        var attributes = type.GetAttributes();

        // [RetinaNet] itself may be among those that the compiler does not know yet.
        if (attributes.Any(a => a.AttributeClass is null or { TypeKind: TypeKind.Error }))
        {
            return;
        }

        foreach (var attribute in attributes)
        {
            if (SpecParser.Attributes.Concat(heads.Heads.SelectMany(head => head.Attributes))
                    .Any(name => DeclaredAttributes.Is(attribute, name))
                && attribute.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken).GetLocation() is { } location)
            {
                var name = attribute.AttributeClass!.Name;
                Report(context, Rules.NoDetector, location, [name.Substring(0, name.Length - "Attribute".Length), type.Name]);
            }
        }
    }

    private static void Report(SymbolAnalysisContext context, DiagnosticDescriptor rule, Location location, IEnumerable<string> values) =>
        context.ReportDiagnostic(Diagnostic.Create(rule, location, [.. values]));
}

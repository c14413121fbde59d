using Fovea.Generator.Declarations;
using Fovea.Generator.Emission;
using Fovea.Generator.Heads;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator;

/// <summary>
/// The model compiler: from each class with <c>[RetinaNet&lt;T&gt;]</c>, or what declares another head, to its generated files. Only
/// <see cref="ModelSpec"/>, <see cref="CompilerOutput"/> and its files cross the steps, so that a keystroke elsewhere ends at the first
/// step that yields an equal value.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class RetinaNetGenerator : IIncrementalGenerator
{
    /// <summary>Attribute context → spec. Runs for every declared model after every change, so it must stay cheap.</summary>
    internal const string ParseStep = "Parse";

    /// <summary>Spec → all files of the model. Runs when its spec has changed.</summary>
    internal const string CompileStep = "Compile";

    /// <summary>Files one by one, so that those whose text has not changed stay as they are.</summary>
    internal const string EmitStep = "Emit";

    private readonly HeadTable heads;
    private readonly ModelCompilation compile;
    private readonly ModelParsing parse;

    /// <summary>What the C# compiler makes.</summary>
    public RetinaNetGenerator()
        : this(HeadTable.Default)
    {
    }

    /// <summary>With other heads.</summary>
    /// <param name="compile">Another compiler of valid specs: tests make it fail.</param>
    /// <param name="parse">Another parser, likewise.</param>
    internal RetinaNetGenerator(HeadTable heads, ModelCompilation? compile = null, ModelParsing? parse = null)
    {
        this.heads = heads;
        this.compile = compile ?? ((spec, cancellation) => ModelCompiler.Compile(spec, heads.Of(spec).Network, cancellation));
        this.parse = parse ?? ((attributed, cancellation) => ModelParser.Parse(attributed, heads, cancellation));
    }

    /// <summary>From a declaration to its spec; null where there is nothing to compile yet.</summary>
    internal delegate ModelSpec? ModelParsing(GeneratorAttributeSyntaxContext attributed, CancellationToken cancellationToken);

    /// <summary>From a valid spec to the files of the model.</summary>
    internal delegate EquatableArray<GeneratedFile> ModelCompilation(ModelSpec spec, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        foreach (var head in heads.Heads)
        {
            Initialize(context, head.Declaration);
        }
    }

    private void Initialize(IncrementalGeneratorInitializationContext context, string declaration)
    {
        var outputs = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                declaration,
                static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
                (attributed, cancellationToken) => Parse(attributed, parse, cancellationToken))
            .WithTrackingName(ParseStep)
            .Where(static parsed => parsed is not null)
            .Select((parsed, cancellationToken) => parsed!.Spec is { } spec
                ? Compile(spec, heads, compile, cancellationToken)
                : new CompilerOutput(EquatableArray<GeneratedFile>.Empty, parsed.Failure))
            .WithTrackingName(CompileStep);
        var files = outputs
            .SelectMany(static (output, _) => output.Files)
            .WithTrackingName(EmitStep);

        // An identifier may be written @class, a file name may not.
        context.RegisterSourceOutput(files, static (output, file) => output.AddSource(file.Path.Replace("@", ""), file.Text));

        // The one diagnostic that the generator reports itself: an analyzer would have to compile the model again to find it.
        var failures = outputs.Where(static output => output.Failure is not null).Select(static (output, _) => output.Failure!);
        context.RegisterSourceOutput(failures, static (output, failure) => output.ReportDiagnostic(Diagnostic.Create(
            Rules.CompilerFailed, Location.None, failure.Model, failure.Exception, failure.Where, failure.Message)));
    }

    /// <summary>
    /// A model with problems gets only its public surface: one mistake gives one error. So does a model on which the compiler fails: its
    /// siblings must not go with it.
    /// </summary>
    private static CompilerOutput Compile(
        ModelSpec spec, HeadTable heads, ModelCompilation compile, CancellationToken cancellationToken)
    {
        try
        {
            var problems = SpecValidator.Validate(spec, heads.Of(spec));
            return problems.IsEmpty && !spec.CompilerReports
                ? new(compile(spec, cancellationToken))
                : new(PublicSurfaceEmitter.Emit(spec, problems.Select(problem => problem.Rule.Id)));
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            return new(PublicSurfaceEmitter.Emit(spec, [Rules.CompilerFailed.Id]), CompilerFailure.Of(spec, exception));
        }
    }

    /// <summary>Where even the spec is missing there is no surface to give, but the siblings have theirs.</summary>
    private static ParsedModel? Parse(GeneratorAttributeSyntaxContext attributed, ModelParsing parse, CancellationToken cancellationToken)
    {
        try
        {
            return parse(attributed, cancellationToken) is { } spec ? new(spec) : null;
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            return new(null, CompilerFailure.Of(attributed.TargetSymbol.ToDisplayString(), exception));
        }
    }

    /// <summary>Whatever it is, it is one model's: let through, it would end the generator and every model of the program.</summary>
    private static bool IsFailure(Exception exception, CancellationToken cancellationToken) =>
        exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested;

    /// <summary>A spec, or why there is none.</summary>
    private sealed record ParsedModel(ModelSpec? Spec, CompilerFailure? Failure = null);
}

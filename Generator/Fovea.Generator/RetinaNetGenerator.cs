using Fovea.Generator.Declarations;
using Fovea.Generator.Emission;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator;

/// <summary>
/// The model compiler: from each class with <c>[RetinaNet&lt;T&gt;]</c> to its generated files. Only <see cref="ModelSpec"/>,
/// <see cref="CompilerOutput"/> and its files cross the steps, so that a keystroke elsewhere ends at the first step that yields an equal
/// value.
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

    private readonly ModelCompilation compile;

    /// <summary>What the C# compiler makes.</summary>
    public RetinaNetGenerator()
        : this(ModelCompiler.Compile)
    {
    }

    /// <summary>With another compiler of valid specs: tests make it fail.</summary>
    internal RetinaNetGenerator(ModelCompilation compile) => this.compile = compile;

    /// <summary>From a valid spec to the files of the model.</summary>
    internal delegate EquatableArray<GeneratedFile> ModelCompilation(ModelSpec spec, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var outputs = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                KnownNames.RetinaNet.Attribute,
                static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
                static (attributed, cancellationToken) => ModelParser.Parse(attributed, cancellationToken))
            .WithTrackingName(ParseStep)
            .Where(static spec => spec is not null)
            .Select((spec, cancellationToken) => Compile(spec!, compile, cancellationToken))
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

    /// <summary>As the generator compiles a model.</summary>
    internal static CompilerOutput Compile(ModelSpec spec, CancellationToken cancellationToken) =>
        Compile(spec, ModelCompiler.Compile, cancellationToken);

    /// <summary>
    /// A model with problems gets only its public surface: one mistake gives one error. So does a model on which the compiler fails: its
    /// siblings must not go with it.
    /// </summary>
    private static CompilerOutput Compile(ModelSpec spec, ModelCompilation compile, CancellationToken cancellationToken)
    {
        var problems = SpecValidator.Validate(spec);
        if (!problems.IsEmpty || spec.CompilerReports)
        {
            return new(PublicSurfaceEmitter.Emit(spec, problems.Select(problem => problem.Rule.Id)));
        }

        try
        {
            return new(compile(spec, cancellationToken));
        }
#pragma warning disable CA1031 // Whatever it is, it is one model's: let through, it would end the generator and every model of the program.
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new(PublicSurfaceEmitter.Emit(spec, [Rules.CompilerFailed.Id]), CompilerFailure.Of(spec, exception));
        }
    }
}

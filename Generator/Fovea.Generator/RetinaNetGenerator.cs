using Fovea.Generator.Emission;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator;

/// <summary>
/// The model compiler: from each class with <c>[RetinaNet&lt;T&gt;]</c> to its generated files. Only <see cref="ModelSpec"/> and
/// <see cref="GeneratedFile"/> cross
/// the steps, so that a keystroke elsewhere ends at the first step that yields an equal value.
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

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var files = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                KnownNames.RetinaNet.Attribute,
                static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
                static (attributed, cancellationToken) => ModelParser.Parse(attributed, cancellationToken))
            .WithTrackingName(ParseStep)
            .Where(static spec => spec is not null)
            .Select(static (spec, cancellation) => Compile(spec!, cancellation))
            .WithTrackingName(CompileStep)
            .SelectMany(static (files, _) => files)
            .WithTrackingName(EmitStep);

        // An identifier may be written @class, a file name may not.
        context.RegisterSourceOutput(files, static (output, file) => output.AddSource(file.Path.Replace("@", ""), file.Text));
    }

    /// <summary>A model with problems gets only its public surface: one mistake gives one error.</summary>
    internal static EquatableArray<GeneratedFile> Compile(ModelSpec spec, CancellationToken cancellation)
    {
        var problems = SpecValidator.Validate(spec);
        return problems.IsEmpty && !spec.Type.CompilerReports ? ModelCompiler.Compile(spec, cancellation) : PublicSurfaceEmitter.Emit(spec, problems);
    }
}

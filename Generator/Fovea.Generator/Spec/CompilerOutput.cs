namespace Fovea.Generator.Spec;

/// <summary>A generated file.</summary>
internal sealed record GeneratedFile(string Path, string Text)
{
    /// <summary>The driver puts a generator's files into a folder of the generator's name.</summary>
    public const string Folder = "Fovea.Generator.RetinaNetGenerator";
}

/// <summary>What the compiler makes of one model: its files and, where it failed, why.</summary>
/// <remarks>Equality contract: see <see cref="ModelSpec"/>.</remarks>
internal sealed record CompilerOutput(EquatableArray<GeneratedFile> Files, CompilerFailure? Failure = null);

/// <summary>
/// An exception of the compiler itself, as text: the model has its public surface alone, and the other models of the program are compiled.
/// </summary>
/// <param name="Model">The detector, with its namespace.</param>
/// <param name="Exception">The exception's type.</param>
/// <param name="Message">What it says, on one line.</param>
/// <param name="Where">The innermost method of the stack, for reports; no path and no line, which differ between machines.</param>
internal sealed record CompilerFailure(string Model, string Exception, string Message, string Where)
{
    public static CompilerFailure Of(ModelSpec spec, Exception exception) =>
        Of(spec.Namespace is null ? spec.Name : spec.Namespace + "." + spec.Name, exception);

    public static CompilerFailure Of(string model, Exception exception) => new(
        model,
        exception.GetType().Name,
        string.Join(" ", exception.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)),
        exception.TargetSite is { } method ? $"{method.DeclaringType?.Name}.{method.Name}" : "an unknown place");
}

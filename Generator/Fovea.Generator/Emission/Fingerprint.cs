using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>
/// A hash of what decides shape and meaning of a checkpoint: every tensor, what the network sees, what its outputs mean, and which class
/// each channel is. Not what is trained or how: a frozen and a learned norm store the same.
/// </summary>
internal static class Fingerprint
{
    /// <summary>All of it: equal where a checkpoint can be read as it is.</summary>
    public static string Of(CompiledModel model)
    {
        var text = new StringBuilder(OfArchitecture(model));
        foreach (var name in model.Spec.ClassNames)
        {
            // As in the source, quoted and escaped: no name looks like a gap, or like two.
            text.Append('\n').Append(Literal.Of(name));
        }

        return Hash(text);
    }

    /// <summary>
    /// All but the classes' names. Checkpoints from before the classes were covered hold this hash, so that it must never be computed in
    /// another way.
    /// </summary>
    public static string OfArchitecture(CompiledModel model)
    {
        var spec = model.Spec;
        var text = new StringBuilder();
        foreach (var parameter in model.Training.Parameters)
        {
            model.Cancellation.ThrowIfCancellationRequested();
            text.Append(parameter.Key).Append(' ').Append(parameter.Describe(model.Layout.UseOf(parameter))).Append('\n');
        }

        Append("classes", [Literal.Of(spec.Classes)]);
        Append("levels", [Literal.Of(spec.Pyramid.MinLevel), Literal.Of(spec.Pyramid.MaxLevel), spec.Pyramid.P6From.ToString()]);
        foreach (var (name, values) in model.Training.Head.Identity)
        {
            Append(name, values.Select(model.Constants.Text));
        }

        Append("pixels", spec.Pixels.Mean.Concat(spec.Pixels.Std).Append(spec.Pixels.Scale).Select(Literal.Of));
        Append("order", [Literal.Of(spec.Pixels.Bgr)]);

        return Hash(text);

        void Append(string name, IEnumerable<string> values) => text.Append(name).Append(' ').Append(string.Join(" ", values)).Append('\n');
    }

    private static string Hash(StringBuilder text)
    {
        using var hash = SHA256.Create();
        var bytes = hash.ComputeHash(Encoding.UTF8.GetBytes(text.ToString()));
        return string.Concat(bytes.Take(16).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }
}

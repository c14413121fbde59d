using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>
/// A hash of what decides shape and meaning of a checkpoint: every tensor, the classes' channels, what the network sees and what its
/// outputs mean. Not what is trained
/// or how: a frozen and a learned norm store the same.
/// </summary>
internal static class Fingerprint
{
    public static string Of(CompiledModel model)
    {
        var spec = model.Spec;
        var text = new StringBuilder();
        foreach (var parameter in model.Training.Parameters)
        {
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

        using var hash = SHA256.Create();
        return string.Concat(hash.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())).Take(16).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));

        void Append(string name, IEnumerable<string> values) => text.Append(name).Append(' ').Append(string.Join(" ", values)).Append('\n');
    }
}

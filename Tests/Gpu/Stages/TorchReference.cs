using System.Text.Json;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>A line of torch_reference.py.</summary>
/// <param name="Item">What.</param>
/// <param name="Value">A number, or null.</param>
/// <param name="Unit">Of the number.</param>
/// <param name="Note">In words.</param>
internal sealed record TorchLine(string Item, double? Value, string Unit, string Note);

/// <summary>Runs torch_reference.py, which lies beside the program, and reads its JSON lines.</summary>
internal static class TorchReference
{
    /// <summary>Runs it.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="arguments">The script's.</param>
    /// <param name="limit">It is killed after that; what it has told by then counts.</param>
    /// <param name="failure">Why it did not end well, or null.</param>
    public static IReadOnlyList<TorchLine> Run(string python, IReadOnlyList<string> arguments, TimeSpan limit, out string? failure)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "torch_reference.py");
        var run = Command.Run(python, [script, .. arguments], limit);
        failure = run.ExitCode == 0 ? null : run.Tail;
        return [.. run.Output.Split('\n').Where(line => line.StartsWith('{')).Select(Parse).OfType<TorchLine>()];
    }

    private static TorchLine? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var value = root.GetProperty("value");
            return new TorchLine(
                root.GetProperty("item").GetString()!,
                value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null,
                root.GetProperty("unit").GetString()!,
                root.GetProperty("note").GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}

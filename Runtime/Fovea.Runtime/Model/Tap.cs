using Fovea.Devices;

namespace Fovea;

/// <summary>Observes a layer's output while a session runs.</summary>
/// <param name="layer">The layer's name.</param>
/// <param name="values">[N, H, W, C]; valid during the call only.</param>
/// <param name="shape">The value's shape.</param>
public delegate void TapObserver(string layer, ReadOnlySpan<float> values, LayerShape shape);

/// <summary>The shape of a layer's output, [N, H, W, C].</summary>
/// <param name="Images">N.</param>
/// <param name="Height">H, in cells.</param>
/// <param name="Width">W, in cells.</param>
/// <param name="Channels">C.</param>
public readonly record struct LayerShape(int Images, int Height, int Width, int Channels)
{
    /// <summary>N·H·W·C.</summary>
    public long Length => (long)Images * Height * Width * Channels;
}

/// <summary>Connects observers with a run's layers.</summary>
internal static class Taps
{
    public static void Add(ModelDescription model, IDeviceRun run, string layer, TapObserver observer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(observer);
        if (!model.Layers.Contains(layer))
        {
            throw new ArgumentException(
                $"{model.Name} has no layer \"{layer}\" to tap: expected one of {string.Join(", ", model.Layers)}.", nameof(layer));
        }

        var values = Array.Empty<float>();
        run.AddTap(layer, (name, map) =>
        {
            if (values.Length != map.Length)
            {
                values = new float[map.Length];
            }

            run.Memory.Read(map, values);
            observer(name, values, new LayerShape(map.Images, map.Height, map.Width, map.Channels));
        });
    }
}

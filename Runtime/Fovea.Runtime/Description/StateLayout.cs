using Fovea.CompilerServices;

namespace Fovea.Description;

/// <summary>
/// Between a checkpoint's order [Cout, Cin/groups, R, S] and memory's [Cout, R, S, Cin/groups]; other tensors are the same in both.
/// </summary>
internal static class StateLayout
{
    public static void ToMemory(TensorInfo tensor, ReadOnlySpan<float> stored, Span<float> memory)
    {
        if (tensor.Role != TensorRole.ConvWeight)
        {
            stored.CopyTo(memory);
            return;
        }

        var (channels, cells) = (tensor.Shape[1], tensor.Shape[2] * tensor.Shape[3]);
        for (var o = 0; o < tensor.Shape[0]; o++)
        {
            var block = o * channels * cells;
            Transpose(stored.Slice(block, channels * cells), channels, cells, memory.Slice(block, channels * cells));
        }
    }

    public static void ToStored(TensorInfo tensor, ReadOnlySpan<float> memory, Span<float> stored)
    {
        if (tensor.Role != TensorRole.ConvWeight)
        {
            memory.CopyTo(stored);
            return;
        }

        var (channels, cells) = (tensor.Shape[1], tensor.Shape[2] * tensor.Shape[3]);
        for (var o = 0; o < tensor.Shape[0]; o++)
        {
            var block = o * channels * cells;
            Transpose(memory.Slice(block, channels * cells), cells, channels, stored.Slice(block, channels * cells));
        }
    }

    private static void Transpose(ReadOnlySpan<float> source, int rows, int columns, Span<float> destination)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                destination[(c * rows) + r] = source[(r * columns) + c];
            }
        }
    }
}

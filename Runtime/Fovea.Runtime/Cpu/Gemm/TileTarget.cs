using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Gemm;

/// <summary>
/// Where finished tiles go, and what happens to them on the way: v = tile + bias[column] + add[row, column]; relu: max(0, v); mask: v where
/// mask[row, column] &gt; 0, else 0. Rows lie anywhere: row i of destination and mask begins at element <c>Rows[i]</c>, of add at
/// <c>AddRows[i]</c>. Null pointers leave a step out.
/// </summary>
internal unsafe struct TileTarget
{
    public float* Destination;
    public float* Bias;
    public float* Add;
    public float* Mask;
    public long* Rows;
    public long* AddRows;
    public bool Relu;
}

/// <summary>Stores the valid part of a tile, element by element in order of memory: destination may be add.</summary>
internal static unsafe class TileStore<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <param name="tile">[rows, tileColumns], dense.</param>
    /// <param name="tileColumns">Columns of the tile, valid or not.</param>
    /// <param name="rows">Valid rows.</param>
    /// <param name="columns">Valid columns.</param>
    /// <param name="target">Where to, from its row <paramref name="firstRow"/> and column <paramref name="firstColumn"/> on.</param>
    /// <param name="firstRow">Index into the target's rows.</param>
    /// <param name="firstColumn">Column of the target.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(float* tile, int tileColumns, int rows, int columns, TileTarget* target, int firstRow, int firstColumn)
    {
        var bias = target->Bias == null ? null : target->Bias + firstColumn;
        for (var r = 0; r < rows; r++, tile += tileColumns)
        {
            var row = target->Rows[firstRow + r] + firstColumn;
            var add = target->Add == null ? null : target->Add + target->AddRows[firstRow + r] + firstColumn;
            var mask = target->Mask == null ? null : target->Mask + row;
            StoreRow(tile, columns, bias, add, mask, target->Relu, target->Destination + row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* tile, int columns, float* bias, float* add, float* mask, bool relu, float* destination)
    {
        var c = 0;
        for (; c <= columns - TLanes.Count; c += TLanes.Count)
        {
            var v = TLanes.Load(tile + c);
            v = bias == null ? v : v + TLanes.Load(bias + c);
            v = add == null ? v : v + TLanes.Load(add + c);
            v = relu ? TLanes.Relu(v) : v;
            v = mask == null ? v : TLanes.KeepWherePositive(v, TLanes.Load(mask + c));
            v.Store(destination + c);
        }

        for (; c < columns; c++)
        {
            var v = tile[c];
            v = bias == null ? v : v + bias[c];
            v = add == null ? v : v + add[c];
            v = relu && v < 0 ? 0 : v;
            destination[c] = mask == null || mask[c] > 0 ? v : 0;
        }
    }
}

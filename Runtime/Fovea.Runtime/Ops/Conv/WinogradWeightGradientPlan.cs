using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// How dw = Gᵀ [Σ (Bᵀ d B) ⊙ (A dY Aᵀ)] G is cut and laid out. Tiles are taken in chunks; for each chunk both transforms go to shared
/// memory, then 36 products [Cout, tiles] · [tiles, Cin] add to the sums. Chunks follow each other and a product's depth is in order, so
/// nothing depends on the threads.
/// </summary>
internal readonly struct WinogradWeightGradientPlan
{
    /// <summary>Tiles that a task transforms.</summary>
    public const int TilesPerTask = 8;

    /// <summary>Elements of both transforms of a chunk at the most: they should stay in L3.</summary>
    private const int ChunkElements = 6 << 20;

    /// <summary>Strips of output channels in a task: 36 cells are enough tasks unless the filters are large.</summary>
    private const int MaxStripsPerTask = 24;

    public WinogradWeightGradientPlan(FeatureMap x, FeatureMap dy, in ConvParameters w, CpuKernelTable kernels)
    {
        (X, Dy, Padding) = (x, dy, w.Padding);
        (TileRows, TileColumns) = (kernels.TileRows, kernels.TileColumns);
        Tiles = new WinogradTiles(dy);
        Strips = ConvGeometry.CeilDiv(dy.Channels, TileRows);
        Panels = ConvGeometry.CeilDiv(x.Channels, TileColumns);
        var perTile = WinogradTiles.Cells * (x.Channels + dy.Channels);
        Chunks = ConvGeometry.CeilDiv(Tiles.Count, Math.Max(64, ChunkElements / perTile));
        ChunkTiles = ConvGeometry.CeilDiv(Tiles.Count, Chunks);
        DyStride = (ConvGeometry.CeilDiv(Strips * TileRows, 16) | 1) * 16;
        StripsPerTask = Math.Min(Strips, MaxStripsPerTask);
        BiasTasks = (int)Math.Clamp(dy.Cells / 256, 1, 16);
    }

    public FeatureMap X { get; }

    public FeatureMap Dy { get; }

    public int Padding { get; }

    public int TileRows { get; }

    public int TileColumns { get; }

    public WinogradTiles Tiles { get; }

    /// <summary>Tiles of the matrix kernel down: output channels.</summary>
    public int Strips { get; }

    /// <summary>Tiles of the matrix kernel across: input channels.</summary>
    public int Panels { get; }

    public int Chunks { get; }

    public int ChunkTiles { get; }

    /// <summary>From one tile's transformed dy to the next.</summary>
    public int DyStride { get; }

    public int StripsPerTask { get; }

    public int BiasTasks { get; }

    /// <summary>
    /// From one transformed cell of x, [panel, tile, panel columns], to the next; a line more, see <see cref="WinogradPacker.CellStride"/>.
    /// </summary>
    public long XCellStride => ((long)Panels * ChunkTiles * TileColumns) + 16;

    /// <summary>From one transformed cell of dy, [tile, Cout], to the next.</summary>
    public long DyCellStride => ((long)ChunkTiles * DyStride) + 16;

    /// <summary>From one cell of the sums, [strip, panel, tile], to the next.</summary>
    public long SumCellStride => ((long)Strips * Panels * TileRows * TileColumns) + 16;

    public long DyOffset => WinogradTiles.Cells * XCellStride;

    public long SumOffset => DyOffset + (WinogradTiles.Cells * DyCellStride);

    /// <summary>Column sums of dy, [task, Cout].</summary>
    public long BiasOffset => SumOffset + (WinogradTiles.Cells * SumCellStride);

    public long SharedLength => BiasOffset + ((long)BiasTasks * Dy.Channels);

    public int MultiplyTasks => WinogradTiles.Cells * ConvGeometry.CeilDiv(Strips, StripsPerTask);

    /// <summary>Whether this form is allowed and worth it: vectors of input channels may not cross panels.</summary>
    public static bool Applies(in ConvParameters w, FeatureMap dy, CpuKernelTable kernels) =>
        WinogradTiles.Applies(w, dy, kernels.TileRows) && w.InChannels % 16 == 0;
}

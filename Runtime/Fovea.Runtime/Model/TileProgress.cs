namespace Fovea;

/// <summary>How far a detection in tiles has come.</summary>
/// <param name="Done">Tiles that are computed, the whole picture among them where it is one.</param>
/// <param name="Tiles">All of them.</param>
public readonly record struct TileProgress(int Done, int Tiles);

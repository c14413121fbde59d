namespace Fovea.AspNetCore.Serving;

/// <summary>A detection without its enum.</summary>
/// <param name="Class">The class's name.</param>
/// <param name="Channel">The class's number.</param>
/// <param name="Score">0 … 1.</param>
/// <param name="Box">In pixels of the upright picture.</param>
internal sealed record FoundObject(string Class, int Channel, float Score, FoundBox Box);

/// <summary>(x1, y1) upper left, (x2, y2) lower right.</summary>
internal readonly record struct FoundBox(float X1, float Y1, float X2, float Y2);

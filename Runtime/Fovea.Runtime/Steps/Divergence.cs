namespace Fovea.Steps;

/// <summary>What is known about a step that diverged.</summary>
/// <param name="Where">Epoch, iteration, learning rate.</param>
/// <param name="Origin">The first operator or tensor with a value that is not finite.</param>
/// <param name="Images">Of the batch, by name.</param>
/// <param name="Dump">The folder that replays it.</param>
/// <param name="Note">A sentence more.</param>
internal sealed record Divergence(string Where, string? Origin, IReadOnlyList<string> Images, string? Dump, string? Note = null);

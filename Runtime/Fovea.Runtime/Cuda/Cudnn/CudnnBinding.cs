namespace Fovea.Cuda.Cudnn;

/// <summary>A cuDNN and how its engines are chosen.</summary>
/// <param name="Library">The graph API; it stays whose it is.</param>
/// <param name="Options">How engines are chosen.</param>
internal sealed record CudnnBinding(ICudnnLibrary Library, CudnnOptions Options);

namespace Fovea;

/// <summary>What was found in a picture, with what files about it need to know.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
/// <param name="Id">The number that COCO's results call it by.</param>
/// <param name="Name">Its file, as other files name it: relative, with slashes.</param>
/// <param name="Width">Of the upright picture, in pixels.</param>
/// <param name="Height">Of the upright picture, in pixels.</param>
/// <param name="Detections">In pixels of the picture.</param>
public sealed record PictureDetections<TClass>(long Id, string Name, int Width, int Height, IReadOnlyList<Detection<TClass>> Detections)
    where TClass : struct, Enum;

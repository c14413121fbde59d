namespace Fovea.App.Detecting;

/// <summary>How detections are written, for other programs.</summary>
internal enum ResultForm
{
    /// <summary>One file of COCO's results.</summary>
    Coco,

    /// <summary>A text for each picture.</summary>
    Yolo,

    /// <summary>One comma-separated file.</summary>
    Csv,
}

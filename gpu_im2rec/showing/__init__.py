"""What people look at: contact sheet, report page, viewer."""
